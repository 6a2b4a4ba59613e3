export interface Entry {
  id: number;
  text: string;
}
