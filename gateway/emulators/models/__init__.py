"""A model that answers by written rules, behind the APIs of OpenAI and Mistral, for bots that run without a key."""
