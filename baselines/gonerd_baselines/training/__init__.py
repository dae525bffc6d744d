"""One loop for every training of an encoder: pretraining, distillation and fine-tuning."""
