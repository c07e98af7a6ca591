// Which inputs an action of a card sends.

/** The inputs of a card, or of one shown inside another: an action sends those of its card and of all around it. */
export class Scope {
  constructor(outer) {
    this.outer = outer;
    this.own = [];
    this.all = outer?.all ?? [];
  }

  add(field) {
    this.own.push(field);
    this.all.push(field);
  }

  async values() {
    const values = this.outer ? await this.outer.values() : {};
    for (const { name, control } of this.own) values[name] = await control.value();
    return values;
  }
}
