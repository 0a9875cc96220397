/** How often turned pages are read again because rows moved meanwhile; after that the nightly comparison has to find them. */
const maxRereads = 2;

export interface SlipWatch {
  /** Pages were turned in the window that starts here; the last row read so far has the date `to`. */
  turned(from: string | undefined, to: string | undefined): void;
  /** Rows came again; these were their former dates. */
  moved(formerWalls: readonly string[]): void;
  /** The window holds fewer rows than when its last page was read. */
  shrank(): void;
  /** Where to read again, asked at the end of the list; undefined when nothing can have been missed. */
  rereadFrom(): { from: string | undefined } | undefined;
  /** Start of the first window whose pages were turned: from there on it is not certain yet that nothing was missed. */
  uncertainFrom(): { from: string | undefined } | undefined;
}

/**
 * Guards the one place where page numbers are used: a row that leaves a crowded second while its pages are turned pulls its
 * successors over a border, unseen. It is found out because the list goes on to the present: the row comes again with a later
 * date. Then everything from there is read once more.
 */
export function createSlipWatch(): SlipWatch {
  let pages: { from: string | undefined; to: string } | undefined;
  let slipped = false;
  let rereads = 0;
  return {
    turned: (from, to = "9999") => {
      pages = { from: pages ? pages.from : from, to };
    },
    moved: (formerWalls) => {
      slipped ||= formerWalls.some((wall) => pages && wall >= (pages.from ?? "") && wall <= pages.to);
    },
    shrank: () => {
      slipped = true;
    },
    rereadFrom: () => {
      if (!pages || !slipped || rereads === maxRereads) return undefined;
      rereads += 1;
      const { from } = pages;
      pages = undefined;
      slipped = false;
      return { from };
    },
    uncertainFrom: () => pages && { from: pages.from },
  };
}
