export const draw = () => "flow";
