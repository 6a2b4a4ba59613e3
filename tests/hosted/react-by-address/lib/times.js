export { multiply as times } from "https://esm.sh/lodash-es@4.17.21";
