export default (text) => `<i>${text}</i>`;
