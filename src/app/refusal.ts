/** Something that is not done as things are; the message says why, and what to do first. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
