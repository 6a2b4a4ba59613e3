import React, { useState } from "react"
import recipes from "./data/recipes.json"
import pot from "./images/pot.svg"
import { RecipeCard } from "./parts/RecipeCard"
import { scale } from "./lib/scale.js"
import "./styles/main.css"

const tags = [...new Set(recipes.flatMap((recipe) => recipe.tags))].sort()

function Ingredients({ recipe, servings }) {
  return (
    <table>
      <caption>For {servings} people</caption>
      <tbody>
        {recipe.ingredients.map(([amount, unit, name]) => (
          <tr key={name}>
            <td>{scale(amount, servings / recipe.servings)}</td>
            <td>{unit}</td>
            <td>{name}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export default function RecipeBox() {
  const [tag, setTag] = useState("")
  const [open, setOpen] = useState(null)
  const [servings, setServings] = useState(4)
  const found = recipes.filter((recipe) => !tag || recipe.tags.includes(tag))

  return (
    <div className="recipe-box">
      <header>
        <img src={pot} alt="" width={48} height={48} />
        <h1>Grandma&rsquo;s recipe box</h1>
      </header>
      <p className="tags">
        <button className={tag ? "" : "on"} onClick={() => setTag("")}>all</button>
        {tags.map((name) => (
          <button key={name} data-tag={name} className={tag === name ? "on" : ""} onClick={() => setTag(name)}>
            #{name}
          </button>
        ))}
      </p>
      <div className="cards">
        {found.map((recipe) => (
          <RecipeCard key={recipe.id} {...recipe} isOpen={open === recipe.id} onOpen={setOpen}>
            <label>
              Servings <input type="number" min="1" value={servings} onChange={(e) => setServings(+e.target.value || 1)} />
            </label>
            <Ingredients recipe={recipe} servings={servings} />
          </RecipeCard>
        ))}
      </div>
    </div>
  )
}
