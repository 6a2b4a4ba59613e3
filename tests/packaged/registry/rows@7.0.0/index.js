export const useRows = () => "useRows of 7.0.0";
export const rowModel = () => "rowModel of 7.0.0";
