"""Teams: activities with a signed token to a webhook, beside a floor and botbuilder."""
