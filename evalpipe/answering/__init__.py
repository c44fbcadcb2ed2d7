"""The engine between questions and backends: prompts, requests, fingerprints, retries, the journal."""
