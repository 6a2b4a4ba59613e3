import Button from "boots/Button";
import "boots/dist/css/boots.css";
import { month } from "calendar";
import "calendar/dist/calendar.css";
import days from "days";
import shout from "days/plugin/shout";
import "days/locale/de";

days.extend(shout);

export default function App() {
  return <main><Button>press</Button><p className="day">{month()}</p><p id="now">{days()} {days.shout()}</p></main>;
}
