export class Board {
  constructor(readonly size: number) {}
  get fields(): number {
    return this.size ** 2;
  }
}
