import { useReducer, useState } from "react"

const COLUMNS = [
  { id: "todo", title: "To do", color: "#fde68a" },
  { id: "doing", title: "In progress", color: "#bfdbfe" },
  { id: "done", title: "Done", color: "#bbf7d0" },
]

const initial = {
  nextId: 4,
  cards: [
    { id: 1, column: "todo", title: "Sketch the logo" },
    { id: 2, column: "todo", title: "Order paper" },
    { id: 3, column: "doing", title: "Write the invitation" },
  ],
}

function reducer(state, action) {
  switch (action.type) {
    case "move":
      return {
        ...state,
        cards: state.cards.map((card) => (card.id === action.id ? { ...card, column: action.column } : card)),
      }
    case "add":
      return {
        nextId: state.nextId + 1,
        cards: state.cards.concat({ id: state.nextId, column: action.column, title: action.title }),
      }
    case "delete":
      return { ...state, cards: state.cards.filter(({ id }) => id !== action.id) }
    default:
      throw new Error(`Unknown action: ${action.type}`)
  }
}

const Card = ({ card, onDelete }) => (
  <article
    draggable
    id={`card-${card.id}`}
    onDragStart={(event) => {
      event.dataTransfer.setData("text/plain", String(card.id))
      event.dataTransfer.effectAllowed = "move"
    }}
    style={{ background: "white", borderRadius: 8, padding: "10px 12px", boxShadow: "0 1px 3px #0003", cursor: "grab" }}
  >
    {card.title}
    <button onClick={() => onDelete(card.id)} aria-label={"Delete " + card.title} style={{ float: "right" }}>
      🗑
    </button>
  </article>
)

function Column({ column, cards, dispatch }) {
  const [isOver, setIsOver] = useState(false)
  return (
    <section
      id={column.id}
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setIsOver(false)
        dispatch({ type: "move", id: +event.dataTransfer.getData("text/plain"), column: column.id })
      }}
      style={{
        background: column.color,
        outline: isOver ? "3px dashed #64748b" : "none",
        borderRadius: 12,
        padding: 12,
        minHeight: 320,
        display: "flex",
        flexDirection: "column",
        gap: 8,
      }}
    >
      <h2 style={{ margin: 0 }}>
        {column.title} <small>({cards.length})</small>
      </h2>
      {cards.map((card) => (
        <Card key={card.id} card={card} onDelete={(id) => dispatch({ type: "delete", id })} />
      ))}
      <button onClick={() => dispatch({ type: "add", column: column.id, title: "New card" })}>+ Add card</button>
    </section>
  )
}

export default function Board() {
  const [state, dispatch] = useReducer(reducer, initial)
  return (
    <main style={{ fontFamily: "system-ui", padding: 24 }}>
      <h1>🗂 Party planning</h1>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(3, 1fr)", gap: 16 }}>
        {COLUMNS.map((column) => (
          <Column key={column.id} column={column} cards={state.cards.filter((c) => c.column === column.id)} dispatch={dispatch} />
        ))}
      </div>
    </main>
  )
}
