// Who is who where bidders go by aliases: what one may know of it. In other auctions everyone is who they are.

export class Aliases {
  #pairs = new Map(); // {alias, person}, by the alias's id
  #you = null;

  /** As whom the server knows one now, and all it tells of aliases. */
  begin(you, pairs = []) {
    this.#you = you;
    this.#pairs.clear();
    pairs.forEach((pair) => this.learn(pair));
  }

  /** `{alias, person}`: a pair as the server tells it. */
  learn({ alias, person }) {
    this.#pairs.set(alias.id, { alias, person });
  }

  /** Whether this bidder is oneself, by name or by alias. */
  mine = (bidder) => {
    if (!this.#you?.id) return false;
    return bidder.id === this.#you.id || this.#pairs.get(bidder.id)?.person.id === this.#you.id;
  };

  /** With the name behind the alias, for whoever may know it. */
  named = (bidder) => {
    const person = this.#pairs.get(bidder.id)?.person;
    return person ? { id: bidder.id, name: `${bidder.name} (${person.name})` } : bidder;
  };

  /** What the others see of oneself; null where that is one's name. */
  get own() {
    return [...this.#pairs.values()].find(({ person }) => person.id === this.#you?.id)?.alias ?? null;
  }
}
