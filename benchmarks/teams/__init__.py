"""Teams: activities with a signed token to a webhook, compared with a minimal server and with botbuilder."""
