"""What trainer, plan and command know of the latent cache: its keys, its folders, what runs use of it. No torch.

<logs_dir>/.cache/<model>/<identity>/identity.json     which encoders made the entries, in which number format
                                     xx/<key>.safetensors, <key>.unusable.json
                                     runs/<run>.used   the keys that a run uses; its time is that of the last use
                                     media.jsonl, tokenizer.json, lock
"""
