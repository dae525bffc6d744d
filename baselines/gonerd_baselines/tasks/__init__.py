"""What an encoder is fine-tuned for: data to examples, logits to the numbers that papers print."""
