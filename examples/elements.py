"""Elements: a card that changes, code, a PDF, and (with pandas and plotly) a table and a chart.

Run it with `gateway run examples/elements.py` and say card, code, report, table or chart.
"""

import gateway as cl

QUERY = """SELECT city, count(*) AS people
FROM residents
GROUP BY city
ORDER BY people DESC"""

REPORT = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n%%EOF"

CITIES = {"city": ["Berlin", "Madrid", "Rome"], "people": [3_850_000, 3_400_000, 2_750_000]}


@cl.on_message
async def main(message: cl.Message):
    match message.content.strip().lower():
        case "card":
            await card()
        case "code":
            await cl.Message("How many live where:", elements=[cl.Text("query", content=QUERY, language="sql")]).send()
        case "report":
            report = cl.Pdf("report", content=REPORT, page=1, display="side")
            await cl.Message("All of it is in the report.", elements=[report]).send()
        case "table":
            import pandas

            await cl.Message("", elements=[cl.Dataframe("Cities", data=pandas.DataFrame(CITIES))]).send()
        case "chart":
            import plotly.graph_objects as go

            figure = go.Figure(data=[go.Bar(x=CITIES["city"], y=CITIES["people"])])
            await cl.Message("The largest cities:", elements=[cl.Plotly("cities", figure=figure)]).send()
        case _:
            attached = [f"- {type(each).__name__} {each.name}, {each.mime}" for each in message.elements]
            await cl.Message(
                "\n".join(attached) or "Say **card**, **code**, **report**, **table** or **chart**."
            ).send()


async def card():
    ticket = cl.CustomElement("Ticket", props={"title": "Fix the login", "status": "open", "tags": ["security"]})
    cl.user_session.set("ticket", ticket)
    close = cl.Action("close", label="Close it")
    await cl.Message("The next ticket:", elements=[ticket], actions=[close]).send()


@cl.action_callback("close")
async def on_close(action: cl.Action):
    ticket = cl.user_session.get("ticket")
    if ticket is None:  # the bot was restarted meanwhile, and the session remembers what JSON can hold
        await cl.Message("That was long ago. Say **card** for another ticket.").send()
        return
    await action.remove()
    ticket.props["status"] = "closed"
    await ticket.update()
