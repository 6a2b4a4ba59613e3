import { format } from "date-fns";

export const day = (year: number, month: number, date: number): string => format(new Date(year, month, date), "PPP");
