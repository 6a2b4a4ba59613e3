export const useRows = () => "useRows of 8.1.0";
