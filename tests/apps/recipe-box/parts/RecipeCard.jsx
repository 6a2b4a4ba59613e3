// The pictures are named in the data, so they are fetched by address and not imported.
const iconUrl = (name) => new URL(`images/${name}`, document.baseURI).href

export const RecipeCard = ({ id, title, icon, isOpen, onOpen, children }) => (
  <article id={id} className={isOpen ? "open" : undefined}>
    <img src={iconUrl(icon)} alt={title} width="64" height="64" />
    <h2 onClick={() => onOpen(isOpen ? null : id)}>{title}</h2>
    {isOpen ? children : null}
  </article>
)
