/**
 * Where a label's file is, from the link that V2 gave: only its path counts. It is asked of the origin that the key belongs to and of no
 * other, so a link can lead the key nowhere, whatever host it names (facts: shipstation 6.3; failures T1, T3). The text is compared letter
 * by letter, without a URL parser whose leniency could be used. undefined for anything that is not such a link.
 */
export function downloadPathFrom(link: string | undefined): string | undefined {
  if (link === undefined || link.length > longestLink) return undefined;
  return genuine.exec(link)?.[1];
}

const longestLink = 400;
const name = "[A-Za-z0-9_-]{1,100}";
const genuine = new RegExp(
  `^https?://[A-Za-z0-9.-]{1,100}(?::[0-9]{1,5})?(/v[12]/downloads/${name}/${name}/${name}\\.pdf)$`,
);
