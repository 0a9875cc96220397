/**
 * The service may allow inline styles by a nonce only; it then names it in the page. Mantine asks for it through
 * its provider, the library that locks scrolling behind a dialog through this global name.
 */
export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";

if (styleNonce !== "") Object.assign(globalThis, { __webpack_nonce__: styleNonce });
