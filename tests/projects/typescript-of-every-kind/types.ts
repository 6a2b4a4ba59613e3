export interface Item { price: number }
export enum Level { Low, High = "hi" }
export class Box<T> { constructor(public value: T) {} }
export type { Item as Goods };
