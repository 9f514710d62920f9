// Made by `npm run api` from the backend's OpenAPI document; not to be edited.
export interface paths {
    "/api/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List Agents */
        get: operations["list_agents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/agents/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Claim Run
         * @description Take an agent's sign of life. Answers with the attempt that it is to start, the same one until its log is there,
         *     or with the task that it is to do.
         */
        post: operations["claim_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/alive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Alive
         * @description Answer that the backend serves, for health checks; `/api/health` says whether all is well.
         */
        get: operations["read_alive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create Check
         * @description Queue a check of a config; `GET /api/tasks/{id}` reports what it finds. It needs the GPUs, as a run does.
         */
        post: operations["create_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Datasets
         * @description List all data sets, the newest first.
         */
        get: operations["list_datasets"];
        put?: never;
        /**
         * Create Dataset
         * @description Import a folder of clips on the server; nothing is copied or changed. The same source again is the same data set,
         *     imported again. If it is large, the answer comes while its import is running.
         */
        post: operations["create_dataset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read Dataset */
        get: operations["read_dataset"];
        put?: never;
        post?: never;
        /**
         * Delete Dataset
         * @description Delete a data set with all decisions on it. Its clips and its table stay as they are.
         */
        delete: operations["delete_dataset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/captions/replace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replace In Captions */
        post: operations["replace_in_captions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/captions/trigger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add Trigger
         * @description Add a word and a comma to the front or the end of each caption that does not have it there yet.
         */
        post: operations["add_trigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Dataset
         * @description Export the data set: `metadata` is DiffSynth's metadata.csv of the used rows, `manifest` every row with all
         *     decisions as JSONL, `quarantine` a CSV of file and reason. The same data set gives the same bytes.
         */
        get: operations["export_dataset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/faults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Dataset Faults
         * @description List the rows of the source that could not be imported, in its order.
         */
        get: operations["list_dataset_faults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Groups
         * @description List the folders to split by, at most 1000, the largest first.
         */
        get: operations["list_groups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Dataset
         * @description Read the source again. Decisions are kept by the path of the file, but cannot be undone any more.
         */
        post: operations["import_dataset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Items
         * @description List a window of the rows that match the filter. Rows without a value for `sort` come last.
         */
        get: operations["list_items"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/items/{item_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read Item */
        get: operations["read_item"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Item
         * @description Change the caption of a row. The source keeps its own.
         */
        patch: operations["change_item"];
        trace?: never;
    };
    "/api/datasets/{dataset_id}/items/{item_id}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Item File
         * @description Download the clip itself; Range is supported.
         */
        get: operations["read_item_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/items/{item_id}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read Thumbnail */
        get: operations["read_thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change Quarantine
         * @description Quarantine rows, which keeps them out of runs, or let them in again.
         */
        post: operations["change_quarantine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/quarantine/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import Quarantine
         * @description Quarantine all rows of the files that an export lists. Other rows stay as they are.
         */
        post: operations["import_quarantine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/redo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Redo
         * @description Redo the action that was undone last.
         */
        post: operations["redo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read Rules */
        get: operations["read_rules"];
        /**
         * Change Rules
         * @description Change thresholds, the target, and which rules are enabled. No new scan is needed.
         */
        put: operations["change_rules"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/scan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Scan Dataset
         * @description Measure the files and captions that were not measured yet, in a task. With another tokenizer, all captions are
         *     counted again. Refused while a scan is running.
         */
        post: operations["scan_dataset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/scan/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop Scan
         * @description Ask the scan to stop; the next one resumes it.
         */
        post: operations["stop_scan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Split Dataset
         * @description Hold some files out for validation. All rows of a file, and of files with the same content, are on one side.
         */
        post: operations["split_dataset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read Dataset Summary */
        get: operations["read_dataset_summary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/datasets/{dataset_id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Undo
         * @description Undo the last action.
         */
        post: operations["undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Health
         * @description Check whether all is well, and if not, what to do about it.
         */
        get: operations["read_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Metrics
         * @description Read a window of one or several runs: the raw points if they fit into `buckets`, else the mean and the exact
         *     extremes of each bucket. Where a resumed run repeated steps, the newest attempt's points are shown.
         */
        get: operations["read_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read Plan
         * @description Estimate what a run of this config takes: steps, time, disk, memory, cost, and what to change to end in time.
         */
        post: operations["read_plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plan/trial": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try Plan
         * @description Time 20 steps of this config on the GPU host, in a task; GET /api/tasks/{task_id} reports its result.
         */
        post: operations["try_plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/presets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List Presets */
        get: operations["list_presets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Runs
         * @description List all runs, the newest first.
         */
        get: operations["list_runs"];
        put?: never;
        /**
         * Create Run
         * @description Check a config and queue a run of it.
         */
        post: operations["create_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read Run */
        get: operations["read_run"];
        put?: never;
        post?: never;
        /**
         * Delete Run
         * @description Delete a run that has ended or never started: its folder with checkpoints and samples, and its curve.
         */
        delete: operations["delete_run"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List Checkpoints */
        get: operations["list_checkpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Events
         * @description List the events other than steps and phases, in the order in which they were read.
         */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Run
         * @description Export every point of every attempt as one table: a row for each event, a column for each metric.
         */
        get: operations["export_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/faults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Faults
         * @description List the log lines of the run that were set aside, and gaps and repeats in its logs, the newest first.
         */
        get: operations["list_faults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/files/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read File
         * @description Serve a file under the run's `checkpoints/` or `samples/`; Range is supported. `download` names it for saving.
         */
        get: operations["read_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Log
         * @description Read a piece of what an attempt printed.
         */
        get: operations["read_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume Run
         * @description Queue a run that was stopped, failed or lost; it resumes from its newest checkpoint.
         */
        post: operations["resume_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List Samples */
        get: operations["list_samples"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop Run
         * @description Ask a run to finish its step, save and stop. It is stopped once its state says so.
         */
        post: operations["stop_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Session
         * @description Check whether this backend needs a token, and whether this browser has shown it.
         */
        get: operations["read_session"];
        put?: never;
        /**
         * Sign In
         * @description Show the token once: the answer sets a cookie that replaces it for thirty days and is renewed by use.
         */
        post: operations["sign_in"];
        /**
         * Sign Out
         * @description Drop the cookie. Other browsers stay signed in; a new token signs everybody out.
         */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tasks/{task_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Task
         * @description Read a task, with what it has found since `after`: 0 for all, then each answer's `offset`.
         */
        get: operations["read_task"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tasks/{task_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop Task
         * @description Ask a task to stop. What it has found stays.
         */
        post: operations["stop_task"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Live Frames
         * @description Describe what the WebSocket `/api/live?since=<cursor>&run=<id>&run=<id>` sends as JSON: a hello, then frames.
         *
         *     A frame holds the steps, events and summaries of the runs that were asked for; if none were, the summaries of all
         *     runs. It always holds all deletions. To resume after a disconnect, connect again with `since` set to the last cursor
         *     received.
         */
        post: operations["live"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        /** ActionRead */
        ActionRead: {
            /** At */
            at: number;
            /**
             * Count
             * @description Rows changed.
             */
            count: number;
            /**
             * Label
             * @description What was done, as words for a button's tooltip.
             */
            label: string;
        };
        /** AgentRead */
        AgentRead: {
            /** Agent Id */
            agent_id: string;
            /** Alive */
            alive: string[];
            /** Gpus */
            gpus: string[];
            /** Host */
            host: string;
            /** Last Seen At */
            last_seen_at: number;
            /** Online */
            online: boolean;
            /** Tasks */
            tasks: string[];
        };
        /** Alive */
        Alive: {
            /**
             * Status
             * @constant
             */
            status: "ok";
        };
        /**
         * Assignment
         * @description Start this attempt of this run; its folder and config.json are there already.
         */
        Assignment: {
            /** Attempt */
            attempt: number;
            /** Run Id */
            run_id: string;
        };
        /** AttemptRead */
        AttemptRead: {
            /** Attempt */
            attempt: number;
            /** Ended At */
            ended_at: number | null;
            /** First Step */
            first_step: number | null;
            /** Last Step */
            last_step: number | null;
            /**
             * Reason
             * @description succeeded, stopped, failed or lost; None while it lasts.
             */
            reason: string | null;
            /** Started At */
            started_at: number | null;
        };
        /**
         * Axis
         * @description The x axis of a curve: optimizer steps, seconds since the run's first point, or Unix seconds.
         * @enum {string}
         */
        Axis: "step" | "relative" | "wall";
        /**
         * Bin
         * @description A bin of values from `low` on, below `high`.
         */
        Bin: {
            /** Count */
            count: number;
            /** High */
            high: number;
            /** Low */
            low: number;
        };
        /** CaptionChange */
        CaptionChange: {
            /** After */
            after: string;
            /** Before */
            before: string;
            /** Id */
            id: number;
        };
        /** CaptionUpdate */
        CaptionUpdate: {
            /** Caption */
            caption: string;
        };
        /** CaptionsChanged */
        CaptionsChanged: {
            /** Changed */
            changed: number;
            /**
             * Examples
             * @description The first 20.
             */
            examples: components["schemas"]["CaptionChange"][];
        };
        /** Changed */
        Changed: {
            /** Changed */
            changed: number;
        };
        /**
         * CheckCreate
         * @description A run's config, to be checked on the machine that would run it.
         */
        CheckCreate: {
            /**
             * Config
             * @description It is checked as the trainer will check it.
             */
            config: {
                [key: string]: unknown;
            };
            /**
             * Dataset Id
             * @description Its rows that are not quarantined now; `dataset_base_path` and `dataset_metadata_path` are set to them and may be left out.
             */
            dataset_id?: number | null;
            /**
             * More Dataset Ids
             * @description The same for each of the config's `more_datasets`; null where it has paths.
             * @default []
             */
            more_dataset_ids?: (number | null)[];
        };
        /** CheckpointRead */
        CheckpointRead: {
            /** Attempt */
            attempt: number;
            /** Bytes */
            bytes: number | null;
            /**
             * Eval Loss
             * @description None where it was not evaluated at its own step.
             */
            eval_loss: number | null;
            /** Lora */
            lora: string | null;
            /**
             * Lora Url
             * @description None where the file was rotated away.
             */
            lora_url: string | null;
            /** Path */
            path: string;
            /** Step */
            step: number;
            /** Ts */
            ts: number;
        };
        /**
         * Claim
         * @description An agent's request for work, with what it has alive. It is also the agent's sign of life.
         */
        Claim: {
            /** Agent Id */
            agent_id: string;
            /**
             * Alive
             * @description The ids of the runs whose locks are held on this host.
             * @default []
             */
            alive?: string[];
            /**
             * Gpus
             * @default []
             */
            gpus?: string[];
            /** Host */
            host: string;
            /**
             * Tasks
             * @description The ids of the tasks that it works on; left out where it takes none.
             */
            tasks?: string[] | null;
        };
        /** CodeCount */
        CodeCount: {
            /** Code */
            code: string;
            /** Count */
            count: number;
        };
        /** Conversions */
        Conversions: {
            /**
             * Counts
             * @description Rows by what is converted for training; one may be in several.
             */
            counts: components["schemas"]["CodeCount"][];
            /**
             * Known
             * @description Rows of whose file a scan has told what is converted.
             */
            known: number;
        };
        /**
         * DatasetCreate
         * @description A folder of clips and the table that lists them: CSV, TSV, JSON or JSONL with a column for the file and one for
         *     the caption, or a folder whose captions lie beside the clips as `.txt`, `.caption` or `.json`.
         */
        DatasetCreate: {
            /**
             * Base Path
             * @description Where the paths in the table begin.
             */
            base_path: string;
            /**
             * Metadata Path
             * @description None: metadata.csv, .json or .jsonl in the folder, else the folder with its captions.
             */
            metadata_path?: string | null;
            /** Name */
            name: string;
        };
        /** DatasetDetail */
        DatasetDetail: {
            /** Base Path */
            base_path: string;
            /** Created At */
            created_at: number;
            /**
             * Done
             * @description The last actions, the one that undo takes back first.
             */
            done: components["schemas"]["ActionRead"][];
            /**
             * Faults
             * @description Rows of the source that could not be imported.
             */
            faults: number;
            /** Id */
            id: number;
            /** Images */
            images: number;
            importing: components["schemas"]["ImportProgress"] | null;
            /**
             * Metadata Path
             * @description The folder itself where no table lists the clips.
             */
            metadata_path: string;
            /** Name */
            name: string;
            /**
             * Notes
             * @description Of the source as a whole, from the last import.
             */
            notes: components["schemas"]["ImportNote"][];
            /**
             * Outdated
             * @description Rows whose file an earlier version has measured: the next scan tells more of it.
             */
            outdated: number;
            /** @description Why the last import failed, or the data set cannot be used. */
            problem: components["schemas"]["ErrorBody"] | null;
            /** Quarantined */
            quarantined: number;
            /**
             * Rows
             * @description Rows whose file is there; 0 before the first import is done.
             */
            rows: number;
            scan: components["schemas"]["ScanRead"];
            state: components["schemas"]["DatasetState"];
            /** @description None before any caption was counted. */
            tokenizer: components["schemas"]["TokenizerRead"] | null;
            /**
             * Undone
             * @description What redo brings back, the next one first.
             */
            undone: components["schemas"]["ActionRead"][];
            /**
             * Unscanned
             * @description Rows whose file or caption no scan has measured yet.
             */
            unscanned: number;
            /**
             * Used
             * @description Rows that are not quarantined: what a run is given.
             */
            used: number;
            /** Videos */
            videos: number;
        };
        /** DatasetRead */
        DatasetRead: {
            /** Base Path */
            base_path: string;
            /** Created At */
            created_at: number;
            /** Id */
            id: number;
            importing: components["schemas"]["ImportProgress"] | null;
            /**
             * Metadata Path
             * @description The folder itself where no table lists the clips.
             */
            metadata_path: string;
            /** Name */
            name: string;
            /** @description Why the last import failed, or the data set cannot be used. */
            problem: components["schemas"]["ErrorBody"] | null;
            /**
             * Rows
             * @description Rows whose file is there; 0 before the first import is done.
             */
            rows: number;
            state: components["schemas"]["DatasetState"];
        };
        /**
         * DatasetState
         * @enum {string}
         */
        DatasetState: "importing" | "ready" | "failed";
        /**
         * ErrorBody
         * @description The one error shape: what is wrong, what to do, and the field to blame if there is one.
         */
        ErrorBody: {
            /** Code */
            code: string;
            /** Field */
            field?: string | null;
            /** Hint */
            hint: string;
            /** Message */
            message: string;
        };
        /**
         * EventRead
         * @description A logged event other than a step, with the log's own fields.
         */
        EventRead: {
            /** Attempt */
            attempt: number;
            /**
             * Body
             * @description The event's further fields, as in docs/events.schema.json.
             */
            body: {
                [key: string]: unknown;
            };
            /** Id */
            id: number;
            /**
             * Rank
             * @description -1 for the shim, which starts and ends the ranks.
             */
            rank: number;
            /** Run Id */
            run_id: string;
            /** Ts */
            ts: number;
            /** Type */
            type: string;
        };
        /**
         * Filter
         * @description A filter of rows, of which all conditions must hold; an empty one matches all rows.
         */
        Filter: {
            /**
             * Conversion
             * @description What is converted of the file for training.
             */
            conversion?: ("hdr" | "wide_gamut" | "profile" | "cmyk" | "interlaced" | "non_square" | "variable_rate" | "alpha" | "turned" | "mirrored") | null;
            /**
             * Fps
             * @description Frames a second, as the items have them.
             */
            fps?: number | null;
            /**
             * Kind
             * @default all
             * @enum {string}
             */
            kind?: "all" | "video" | "image";
            /**
             * Q
             * @description Part of the caption or the file's name.
             * @default
             */
            q?: string;
            /** Rule */
            rule?: ("unreadable" | "too_few_frames" | "small" | "cropped" | "still" | "cut" | "blurred" | "dark" | "burnt" | "letterboxed" | "duplicate" | "near_duplicate" | "caption_empty" | "caption_repeated" | "caption_long" | "caption_mixed" | "caption_misdecoded" | "leak" | "interlaced" | "hdr" | "low_frame_rate" | "anamorphic" | "alpha") | null;
            /** Split */
            split?: ("train" | "validation") | null;
            /**
             * State
             * @default all
             * @enum {string}
             */
            state?: "all" | "used" | "quarantined";
        };
        /**
         * Format
         * @enum {string}
         */
        Format: "csv" | "parquet";
        /**
         * Group
         * @description A folder below the data set's, to split by.
         */
        Group: {
            /** Count */
            count: number;
            /** Prefix */
            prefix: string;
        };
        /**
         * GroupSplit
         * @description A split by folder: holds out all files whose path below the data set's folder begins with one of these.
         */
        GroupSplit: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            by: "group";
            /** Prefixes */
            prefixes: string[];
        };
        /** Health */
        Health: {
            /** Agents */
            agents: components["schemas"]["AgentRead"][];
            /** Cursor */
            cursor: string;
            /** Disk Free Bytes */
            disk_free_bytes: number;
            /**
             * Faults
             * @description The newest 20.
             */
            faults: components["schemas"]["LogFault"][];
            /** Logs Dir */
            logs_dir: string;
            /**
             * Problems
             * @description Sentences, one a problem; empty when ok.
             */
            problems: string[];
            /** Runs */
            runs: number;
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "degraded";
            /** Version */
            version: string;
        };
        /** Histogram */
        Histogram: {
            /** Bins */
            bins: components["schemas"]["Bin"][];
            /**
             * Key
             * @enum {string}
             */
            key: "size" | "aspect" | "frames" | "fps" | "duration" | "caption_length" | "caption_tokens";
            /**
             * Known
             * @description Rows that it counts: those that have been measured.
             */
            known: number;
            /** Unit */
            unit: string;
        };
        /** ImportFault */
        ImportFault: {
            /** Code */
            code: string;
            /**
             * Line
             * @description In the source, from 1; of a folder or a JSON list the clip's number.
             */
            line: number;
            /**
             * Message
             * @description A sentence that says what to do.
             */
            message: string;
        };
        /** ImportFaults */
        ImportFaults: {
            /** Faults */
            faults: components["schemas"]["ImportFault"][];
            /** Total */
            total: number;
        };
        /**
         * ImportNote
         * @description What was read in a way that a person should know of, or passed over.
         */
        ImportNote: {
            /** Code */
            code: string;
            /** Hint */
            hint: string;
            /** Message */
            message: string;
        };
        /** ImportProgress */
        ImportProgress: {
            /**
             * Done
             * @description Rows read so far.
             */
            done: number;
        };
        /**
         * ItemDetail
         * @description Everything that is known about a row. Shares are 0 to 1.
         */
        ItemDetail: {
            /**
             * Alike
             * @description The id of the earlier row that it is a near-duplicate of.
             */
            alike: number | null;
            /** Bars */
            bars: number | null;
            /** Brightness */
            brightness: number | null;
            /** Burnt */
            burnt: number | null;
            /** Caption */
            caption: string;
            /** Codec */
            codec: string;
            /**
             * Colour
             * @description What is mapped to SDR BT.709 or sRGB: hlg, pq, linear, bt2020, p3, profile, cmyk; or empty.
             */
            colour: string | null;
            /** Container */
            container: string;
            /**
             * Conversions
             * @description What is converted of the file for training; None if no scan has told it yet.
             */
            conversions: ("hdr" | "wide_gamut" | "profile" | "cmyk" | "interlaced" | "non_square" | "variable_rate" | "alpha" | "turned" | "mirrored")[] | null;
            /**
             * Cropped
             * @description The share of the picture that the target cuts away.
             */
            cropped: number | null;
            /** Cut */
            cut: number | null;
            /**
             * Damage
             * @description A stable word where the file is damaged; else empty.
             */
            damage: string;
            /** Damage Message */
            damage_message: string;
            /** Dark */
            dark: number | null;
            /**
             * Duplicates
             * @description Ids of up to 20 other rows of the same content.
             */
            duplicates: number[];
            /** Duration S */
            duration_s: number | null;
            /**
             * Edited
             * @description Whether the caption is another than in the source.
             */
            edited: boolean;
            /**
             * File
             * @description As the source names it.
             */
            file: string;
            /** Flags */
            flags: ("unreadable" | "too_few_frames" | "small" | "cropped" | "still" | "cut" | "blurred" | "dark" | "burnt" | "letterboxed" | "duplicate" | "near_duplicate" | "caption_empty" | "caption_repeated" | "caption_long" | "caption_mixed" | "caption_misdecoded" | "leak" | "interlaced" | "hdr" | "low_frame_rate" | "anamorphic" | "alpha")[];
            /** Fps */
            fps: number | null;
            /** Frames */
            frames: number | null;
            /**
             * Has Alpha
             * @description Whether parts are transparent, and laid on white.
             */
            has_alpha: boolean | null;
            /** Height */
            height: number | null;
            /** Id */
            id: number;
            /** Is Image */
            is_image: boolean;
            /** Is Interlaced */
            is_interlaced: boolean | null;
            /** Is Mirrored */
            is_mirrored: boolean | null;
            /**
             * Is Steady
             * @description Whether all frames are shown for the same time.
             */
            is_steady: boolean | null;
            /** Line */
            line: number;
            /**
             * Media
             * @description The URL of the file itself.
             */
            media: string;
            /** Motion */
            motion: number | null;
            /**
             * Path
             * @description On the server.
             */
            path: string;
            /**
             * Pixel Aspect
             * @description The width of a stored pixel over its height.
             */
            pixel_aspect: number | null;
            /** Quarantined */
            quarantined: boolean;
            /**
             * Reason
             * @description Why it is quarantined; else empty.
             */
            reason: string;
            /** Rotation */
            rotation: number;
            /**
             * Scripts
             * @description The caption's letters by script.
             */
            scripts: {
                [key: string]: number;
            };
            /** Sharpness */
            sharpness: number | null;
            /** Size Bytes */
            size_bytes: number;
            /** Source Caption */
            source_caption: string;
            /** Split */
            split: ("train" | "validation") | null;
            /**
             * Thumbnail
             * @description A URL whose picture never changes; None before the scan.
             */
            thumbnail: string | null;
            /** Tokens */
            tokens: number | null;
            /** Width */
            width: number | null;
        };
        /**
         * ItemRead
         * @description A row as the grid shows it. Values that were not measured are None.
         */
        ItemRead: {
            /** Caption */
            caption: string;
            /** Duration S */
            duration_s: number | null;
            /**
             * Edited
             * @description Whether the caption is another than in the source.
             */
            edited: boolean;
            /**
             * File
             * @description As the source names it.
             */
            file: string;
            /** Flags */
            flags: ("unreadable" | "too_few_frames" | "small" | "cropped" | "still" | "cut" | "blurred" | "dark" | "burnt" | "letterboxed" | "duplicate" | "near_duplicate" | "caption_empty" | "caption_repeated" | "caption_long" | "caption_mixed" | "caption_misdecoded" | "leak" | "interlaced" | "hdr" | "low_frame_rate" | "anamorphic" | "alpha")[];
            /** Fps */
            fps: number | null;
            /** Frames */
            frames: number | null;
            /** Height */
            height: number | null;
            /** Id */
            id: number;
            /** Is Image */
            is_image: boolean;
            /**
             * Media
             * @description The URL of the file itself.
             */
            media: string;
            /** Quarantined */
            quarantined: boolean;
            /**
             * Reason
             * @description Why it is quarantined; else empty.
             */
            reason: string;
            /** Split */
            split: ("train" | "validation") | null;
            /**
             * Thumbnail
             * @description A URL whose picture never changes; None before the scan.
             */
            thumbnail: string | null;
            /** Tokens */
            tokens: number | null;
            /** Width */
            width: number | null;
        };
        /** Items */
        Items: {
            /** Items */
            items: components["schemas"]["ItemRead"][];
            /**
             * Total
             * @description Rows that the filter leaves.
             */
            total: number;
        };
        /**
         * LiveFrame
         * @description Everything that was committed after the client's last cursor. `deleted` are the ids of runs that are gone.
         *
         *     `refetch` are the ids of runs that are too far ahead for frames: fetch their metrics again.
         */
        LiveFrame: {
            /** Cursor */
            cursor: string;
            /** Deleted */
            deleted: string[];
            /** Events */
            events: components["schemas"]["EventRead"][];
            /** Refetch */
            refetch: string[];
            /** Runs */
            runs: components["schemas"]["RunRead"][];
            /** Steps */
            steps: components["schemas"]["StepBatch"][];
            /**
             * Type
             * @constant
             */
            type: "frame";
        };
        /**
         * LiveHello
         * @description The first frame of a socket. `reset`: `since` is not of this database, so fetch everything again.
         */
        LiveHello: {
            /** Cursor */
            cursor: string;
            /** Reset */
            reset: boolean;
            /**
             * Type
             * @constant
             */
            type: "hello";
        };
        /**
         * LogFault
         * @description A log line that could not be read: it was set aside, and reading continued behind it.
         */
        LogFault: {
            /** File */
            file: string;
            /** Offset */
            offset: number;
            /** Reason */
            reason: string;
            /** Run Id */
            run_id: string;
        };
        /**
         * LogText
         * @description A piece of an attempt's stdout and stderr, cut at line ends.
         */
        LogText: {
            /** Attempt */
            attempt: number;
            /** Next Offset */
            next_offset: number;
            /**
             * Offset
             * @description Of `text` in the file, bytes.
             */
            offset: number;
            /** Size */
            size: number;
            /** Text */
            text: string;
        };
        /**
         * Metrics
         * @description A window of one or several runs on one shared grid. Each bucket begins at a multiple of `bucket`, wherever the
         *     window lies, and holds the points that lie in the window.
         */
        Metrics: {
            /**
             * Bucket
             * @description A bucket's width on the axis; None where the points are raw.
             */
            bucket: number | null;
            /** Cursor */
            cursor: string;
            /** From X */
            from_x: number;
            /** Runs */
            runs: components["schemas"]["RunSeries"][];
            /**
             * To X
             * @description Inclusive.
             */
            to_x: number;
            x: components["schemas"]["Axis"];
        };
        /** NoSplit */
        NoSplit: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            by: "none";
        };
        /**
         * NonFiniteMark
         * @description The non-finite values of one kind in one bucket: the position of the first, and their number.
         */
        NonFiniteMark: {
            /** Count */
            count: number;
            /** Step */
            step: number;
            /**
             * What
             * @enum {string}
             */
            what: "nan" | "inf" | "-inf";
            /** X */
            x: number;
        };
        /** NonFinitePoint */
        NonFinitePoint: {
            /** Step */
            step: number;
            /**
             * What
             * @enum {string}
             */
            what: "nan" | "inf" | "-inf";
        };
        /**
         * PlanAnew
         * @description Samples that are encoded anew, by why.
         */
        PlanAnew: {
            /** Samples */
            samples: number;
            /**
             * Why
             * @enum {string}
             */
            why: "new" | "replaced" | "settings" | "gone" | "pictures" | "encoders";
        };
        /** PlanBucket */
        PlanBucket: {
            /** Samples */
            samples: number;
            /** Shape */
            shape: string;
        };
        /**
         * PlanCache
         * @description What of the data set is cached. All counts are 0 where `state` is not "counted".
         */
        PlanCache: {
            /** Anew */
            anew: components["schemas"]["PlanAnew"][];
            /** Cached */
            cached: number;
            /** Captions Anew */
            captions_anew: number;
            /** Samples */
            samples: number;
            /**
             * Size Bytes
             * @description Of the whole cache, of all models; None where not known.
             */
            size_bytes: number | null;
            /**
             * State
             * @description counting: ask again in a second. unknown: it shows only when the run begins.
             * @enum {string}
             */
            state: "counted" | "counting" | "unknown";
            /**
             * Text
             * @description The same in a sentence; empty where it is not counted.
             */
            text: string;
            /**
             * Unsure
             * @description Of the samples; only their files can tell.
             */
            unsure: number;
        };
        /** PlanDisk */
        PlanDisk: {
            /** Free Bytes */
            free_bytes: number | null;
            /** Parts */
            parts: components["schemas"]["PlanPart"][];
            total: components["schemas"]["PlanRange"];
        };
        /**
         * PlanLeftOut
         * @description Rows that a run does not take.
         */
        PlanLeftOut: {
            /** Rows */
            rows: number;
            /**
             * Why
             * @enum {string}
             */
            why: "quarantined" | "unreadable" | "no_file" | "no_caption" | "split_unknown" | "damaged" | "too_short";
        };
        /** PlanMemory */
        PlanMemory: {
            /** Card */
            card: string | null;
            /** Card Bytes */
            card_bytes: number | null;
            /** Cards */
            cards: number;
            /**
             * Fits
             * @description None where the card is not known and nothing was tried.
             */
            fits: boolean | null;
            /**
             * Least Bytes
             * @description The same with every block recomputed.
             */
            least_bytes: number;
            /**
             * Measured Bytes
             * @description The peak of a trial of these settings.
             */
            measured_bytes: number | null;
            /**
             * Needed Bytes
             * @description At the peak of a step, with no block recomputed.
             */
            needed_bytes: number;
        };
        /**
         * PlanPart
         * @description What a run's time, or what it writes, is made of.
         */
        PlanPart: {
            amount: components["schemas"]["PlanRange"];
            /** Count */
            count: number;
            /**
             * What
             * @enum {string}
             */
            what: "steps" | "cache" | "evaluations" | "samples" | "checkpoints" | "logs";
        };
        /** PlanRange */
        PlanRange: {
            /** High */
            high: number;
            /** Low */
            low: number;
        };
        /** PlanRead */
        PlanRead: {
            /** Buckets */
            buckets: components["schemas"]["PlanBucket"][];
            /** @description None where there is no data set to look at. */
            cache?: components["schemas"]["PlanCache"] | null;
            cost: components["schemas"]["PlanRange"] | null;
            disk: components["schemas"]["PlanDisk"];
            /** Done In Days */
            done_in_days: number;
            /**
             * Is Exact
             * @description False where a clip's bucket is not known, or if it can be read.
             */
            is_exact: boolean;
            memory: components["schemas"]["PlanMemory"];
            /**
             * Parts
             * @description Of the time; empty where a step's is not known.
             */
            parts: components["schemas"]["PlanPart"][];
            /** Ranks */
            ranks: number;
            samples: components["schemas"]["PlanSamples"];
            seconds_per_step: components["schemas"]["PlanRange"] | null;
            /**
             * Source
             * @description Where the seconds per step come from.
             * @enum {string}
             */
            source: "trial" | "history" | "benchmark" | "own" | "unknown";
            /** Source Text */
            source_text: string;
            /** Steps Per Epoch */
            steps_per_epoch: number;
            total: components["schemas"]["PlanRange"] | null;
            /**
             * Total Steps
             * @description Optimizer steps of each rank, as the trainer counts them.
             */
            total_steps: number;
            /**
             * Trial Text
             * @description Why the trial's figure is not taken as it is; empty where it is.
             */
            trial_text: string;
            /** Warnings */
            warnings: components["schemas"]["PlanWarning"][];
            /** Ways */
            ways: components["schemas"]["PlanWay"][];
        };
        /** PlanRequest */
        PlanRequest: {
            /**
             * Config
             * @description It is checked as the trainer will check it.
             */
            config: {
                [key: string]: unknown;
            };
            /**
             * Dataset Id
             * @description Its rows that are not quarantined now; `dataset_base_path` and `dataset_metadata_path` are set to them and may be left out.
             */
            dataset_id?: number | null;
            /**
             * Done In Days
             * @default 5
             */
            done_in_days?: number;
            /**
             * More Dataset Ids
             * @description The same for each of the config's `more_datasets`; null where it has paths.
             * @default []
             */
            more_dataset_ids?: (number | null)[];
            /**
             * Price Per Hour
             * @description Of all GPUs of the run together.
             */
            price_per_hour?: number | null;
            /**
             * Samples
             * @description Where there is no data set yet.
             */
            samples?: number | null;
            /**
             * Seconds Per Step
             * @description Your own figure.
             */
            seconds_per_step?: number | null;
            /**
             * Seconds Per Step Of
             * @description The config that your own figure is of; null where it is this one's.
             */
            seconds_per_step_of?: {
                [key: string]: unknown;
            } | null;
            /**
             * Trial
             * @description A trial's task_id.
             */
            trial?: string | null;
        };
        /** PlanSamples */
        PlanSamples: {
            /** Held Out */
            held_out: number;
            /** Images */
            images: number;
            /**
             * Is Counted
             * @description False where only their number is known.
             */
            is_counted: boolean;
            /**
             * Left Out
             * @description The others, by why.
             */
            left_out: components["schemas"]["PlanLeftOut"][];
            /** Rows */
            rows: number;
            /**
             * Used
             * @description Rows that a run takes, held out ones included.
             */
            used: number;
            /** Videos */
            videos: number;
        };
        /** PlanWarning */
        PlanWarning: {
            /** Code */
            code: string;
            /** Hint */
            hint: string;
            /** Message */
            message: string;
        };
        /**
         * PlanWay
         * @description A change of the config by which the run is done in the time that was asked for or, not `is_enough`, nearer to it.
         *     `total` is what the plan says after it.
         */
        PlanWay: {
            /** Changes */
            changes: {
                [key: string]: unknown;
            };
            /**
             * Is Enough
             * @description By the lower estimate or, where that is now, by the upper one.
             */
            is_enough: boolean;
            /** Label */
            label: string;
            total: components["schemas"]["PlanRange"];
        };
        /**
         * Preset
         * @description `config` lacks only the data set's path. `source` says where the settings come from.
         */
        Preset: {
            /** Config */
            config: {
                [key: string]: unknown;
            };
            /** Description */
            description: string;
            /** Id */
            id: string;
            /** Source */
            source: string;
            /** Title */
            title: string;
        };
        /** QuarantineChange */
        QuarantineChange: {
            filter?: components["schemas"]["Filter"] | null;
            /** Items */
            items?: number[] | null;
            /** On */
            on: boolean;
            /**
             * Reason
             * @default
             */
            reason?: string;
        };
        /** QuarantineList */
        QuarantineList: {
            /**
             * Csv
             * @description With the columns file and reason, as the export has it.
             */
            csv: string;
        };
        /** QuarantineListed */
        QuarantineListed: {
            /** Changed */
            changed: number;
            /**
             * Examples
             * @description The first 20 of those names.
             */
            examples: string[];
            /**
             * Unknown
             * @description Lines that name no file of the data set.
             */
            unknown: number;
        };
        /** RateCount */
        RateCount: {
            /** Count */
            count: number;
            /**
             * Fps
             * @description Frames a second.
             */
            fps: number;
        };
        /** Replacement */
        Replacement: {
            /**
             * Dry Run
             * @description Only say what would change.
             * @default false
             */
            dry_run?: boolean;
            /**
             * @default {
             *       "kind": "all",
             *       "q": "",
             *       "state": "all"
             *     }
             */
            filter?: components["schemas"]["Filter"];
            /** Find */
            find: string;
            /**
             * Match Case
             * @default false
             */
            match_case?: boolean;
            /**
             * Regex
             * @description RE2's syntax, whose time is linear: no back-references, no lookaround.
             * @default false
             */
            regex?: boolean;
            /**
             * Replace
             * @description With `regex`, \1 is the first group.
             */
            replace: string;
        };
        /**
         * RuleChange
         * @description Omitted fields keep their value.
         */
        RuleChange: {
            /** Enabled */
            enabled?: boolean | null;
            /** Threshold */
            threshold?: number | null;
        };
        /** RuleRead */
        RuleRead: {
            /** Default */
            default: number | null;
            /** Enabled */
            enabled: boolean;
            /**
             * Flagged
             * @description Rows, quarantined ones among them.
             */
            flagged: number;
            /**
             * Flagged Used
             * @description Rows that are not quarantined.
             */
            flagged_used: number;
            /**
             * Id
             * @enum {string}
             */
            id: "unreadable" | "too_few_frames" | "small" | "cropped" | "still" | "cut" | "blurred" | "dark" | "burnt" | "letterboxed" | "duplicate" | "near_duplicate" | "caption_empty" | "caption_repeated" | "caption_long" | "caption_mixed" | "caption_misdecoded" | "leak" | "interlaced" | "hdr" | "low_frame_rate" | "anamorphic" | "alpha";
            /** Least */
            least: number | null;
            /**
             * Meaning
             * @description One sentence: which rows it flags, and why that matters.
             */
            meaning: string;
            /** Most */
            most: number | null;
            /**
             * Needs
             * @description What has to be done before it knows.
             * @enum {string}
             */
            needs: "import" | "scan" | "captions";
            /**
             * Threshold
             * @description None for a rule that has none.
             */
            threshold: number | null;
            /** Title */
            title: string;
            /** Unit */
            unit: string;
        };
        /** Rules */
        Rules: {
            /** Rules */
            rules: components["schemas"]["RuleRead"][];
            target: components["schemas"]["Target"];
        };
        /** RulesUpdate */
        RulesUpdate: {
            /** Rules */
            rules?: {
                [key: string]: components["schemas"]["RuleChange"];
            };
            target?: components["schemas"]["Target"] | null;
        };
        /**
         * RunCreate
         * @description A run to queue. Of each registered data set it gets a table of its own.
         */
        RunCreate: {
            /**
             * Config
             * @description It is checked as the trainer will check it.
             */
            config: {
                [key: string]: unknown;
            };
            /**
             * Dataset Id
             * @description Its rows that are not quarantined now; `dataset_base_path` and `dataset_metadata_path` are set to them and may be left out.
             */
            dataset_id?: number | null;
            /**
             * More Dataset Ids
             * @description The same for each of the config's `more_datasets`; null where it has paths.
             * @default []
             */
            more_dataset_ids?: (number | null)[];
        };
        /** RunDetail */
        RunDetail: {
            /**
             * Attempt
             * @description The newest attempt, from 1; 0 before the first is claimed.
             */
            attempt: number;
            /** Attempts */
            attempts: components["schemas"]["AttemptRead"][];
            /**
             * Code
             * @description Why it failed or is lost, as a stable word; else empty.
             */
            code: string;
            /** Config */
            config: {
                [key: string]: unknown;
            };
            /** Created At */
            created_at: number;
            /** Ended At */
            ended_at: number | null;
            /**
             * Folder
             * @description The run folder's path on the server.
             */
            folder: string;
            /** Host */
            host: string | null;
            /** Id */
            id: string;
            /**
             * Keys
             * @description Every metric name seen, sorted.
             */
            keys: string[];
            /**
             * Last
             * @description The newest finite value of each metric.
             */
            last: {
                [key: string]: number;
            };
            /** Last Event At */
            last_event_at: number | null;
            /**
             * Message
             * @description The same as a sentence that says what to do; else empty.
             */
            message: string;
            /** Model */
            model: string;
            /** Name */
            name: string;
            phase: components["schemas"]["RunPhase"] | null;
            /**
             * Seconds Left
             * @description While training: steps and pauses to come; None if unknown.
             */
            seconds_left: number | null;
            /**
             * Seconds Per Step
             * @description Median of the last 50 steps' time on the clock.
             */
            seconds_per_step: number | null;
            /**
             * Started At
             * @description Of the newest attempt.
             */
            started_at: number | null;
            state: components["schemas"]["RunState"];
            /**
             * Step
             * @description The last optimizer step logged; 0 before the first.
             */
            step: number;
            /** Total Steps */
            total_steps: number | null;
            wanted: components["schemas"]["Wanted"];
            /**
             * Warnings
             * @description Warning and stall events of all attempts, save for requested stops, and bad log lines.
             */
            warnings: number;
            /** World Size */
            world_size: number | null;
        };
        /** RunListItem */
        RunListItem: {
            /**
             * Attempt
             * @description The newest attempt, from 1; 0 before the first is claimed.
             */
            attempt: number;
            /**
             * Code
             * @description Why it failed or is lost, as a stable word; else empty.
             */
            code: string;
            /** Created At */
            created_at: number;
            /** Ended At */
            ended_at: number | null;
            /** Host */
            host: string | null;
            /** Id */
            id: string;
            /**
             * Keys
             * @description Every metric name seen, sorted.
             */
            keys: string[];
            /**
             * Last
             * @description The newest finite value of each metric.
             */
            last: {
                [key: string]: number;
            };
            /** Last Event At */
            last_event_at: number | null;
            /**
             * Message
             * @description The same as a sentence that says what to do; else empty.
             */
            message: string;
            /** Model */
            model: string;
            /** Name */
            name: string;
            phase: components["schemas"]["RunPhase"] | null;
            /**
             * Seconds Left
             * @description While training: steps and pauses to come; None if unknown.
             */
            seconds_left: number | null;
            /**
             * Seconds Per Step
             * @description Median of the last 50 steps' time on the clock.
             */
            seconds_per_step: number | null;
            /**
             * Sparkline
             * @description Up to 60 means of `train/loss` over the whole run.
             */
            sparkline: number[];
            /**
             * Started At
             * @description Of the newest attempt.
             */
            started_at: number | null;
            state: components["schemas"]["RunState"];
            /**
             * Step
             * @description The last optimizer step logged; 0 before the first.
             */
            step: number;
            /** Total Steps */
            total_steps: number | null;
            wanted: components["schemas"]["Wanted"];
            /**
             * Warnings
             * @description Warning and stall events of all attempts, save for requested stops, and bad log lines.
             */
            warnings: number;
            /** World Size */
            world_size: number | null;
        };
        /**
         * RunPhase
         * @description The phase that rank 0 is in. In phase `train`, `done` and `total` count optimizer steps.
         */
        RunPhase: {
            /** Done */
            done: number | null;
            /** Item */
            item: string | null;
            /** Phase */
            phase: string;
            /** Total */
            total: number | null;
            /** Ts */
            ts: number;
        };
        /**
         * RunRead
         * @description A run without its config, as in lists and live frames.
         */
        RunRead: {
            /**
             * Attempt
             * @description The newest attempt, from 1; 0 before the first is claimed.
             */
            attempt: number;
            /**
             * Code
             * @description Why it failed or is lost, as a stable word; else empty.
             */
            code: string;
            /** Created At */
            created_at: number;
            /** Ended At */
            ended_at: number | null;
            /** Host */
            host: string | null;
            /** Id */
            id: string;
            /**
             * Keys
             * @description Every metric name seen, sorted.
             */
            keys: string[];
            /**
             * Last
             * @description The newest finite value of each metric.
             */
            last: {
                [key: string]: number;
            };
            /** Last Event At */
            last_event_at: number | null;
            /**
             * Message
             * @description The same as a sentence that says what to do; else empty.
             */
            message: string;
            /** Model */
            model: string;
            /** Name */
            name: string;
            phase: components["schemas"]["RunPhase"] | null;
            /**
             * Seconds Left
             * @description While training: steps and pauses to come; None if unknown.
             */
            seconds_left: number | null;
            /**
             * Seconds Per Step
             * @description Median of the last 50 steps' time on the clock.
             */
            seconds_per_step: number | null;
            /**
             * Started At
             * @description Of the newest attempt.
             */
            started_at: number | null;
            state: components["schemas"]["RunState"];
            /**
             * Step
             * @description The last optimizer step logged; 0 before the first.
             */
            step: number;
            /** Total Steps */
            total_steps: number | null;
            wanted: components["schemas"]["Wanted"];
            /**
             * Warnings
             * @description Warning and stall events of all attempts, save for requested stops, and bad log lines.
             */
            warnings: number;
            /** World Size */
            world_size: number | null;
        };
        /** RunSeries */
        RunSeries: {
            /**
             * Attempt
             * @description None: of all attempts what shows, where the newest wins. Else the whole of this one.
             */
            attempt: number | null;
            /** Run Id */
            run_id: string;
            /** Series */
            series: components["schemas"]["Series"][];
            /**
             * T0
             * @description Unix seconds at which the relative axis begins.
             */
            t0: number | null;
        };
        /**
         * RunState
         * @description The observed state of a run. Only facts (a claim, log events, the exit) change it; see `states.observe`.
         * @enum {string}
         */
        RunState: "queued" | "preparing" | "running" | "stopping" | "succeeded" | "stopped" | "failed" | "lost";
        /** SampleRead */
        SampleRead: {
            /** Attempt */
            attempt: number;
            /** Path */
            path: string;
            /** Prompt */
            prompt: string;
            /** Seed */
            seed: number | null;
            /** Step */
            step: number;
            /** Ts */
            ts: number;
            /** Url */
            url: string;
            /** What */
            what: string;
        };
        /**
         * ScanRead
         * @description The newest scan. Items and rules show what it has found so far while it is running.
         */
        ScanRead: {
            /**
             * Code
             * @description Why it failed, as a stable word; else empty.
             */
            code: string;
            /** Done */
            done: number;
            /** Hint */
            hint: string;
            /**
             * Left S
             * @description Seconds until its end; None if unknown.
             */
            left_s: number | null;
            /** Message */
            message: string;
            /** Phase */
            phase: string;
            /**
             * State
             * @enum {string}
             */
            state: "none" | "queued" | "running" | "succeeded" | "stopped" | "failed";
            /** Task Id */
            task_id: string | null;
            /** Total */
            total: number | null;
        };
        /** ScanStart */
        ScanStart: {
            /**
             * Model
             * @description By whose tokenizer captions are counted; None: as in the last scan, else Wan's.
             */
            model?: ("tiny-wan" | "wan2.1-t2v-1.3b" | "wan2.2-ti2v-5b") | null;
            /**
             * Tokenizer Path
             * @description Local folder of its tokenizer; None to have it fetched.
             */
            tokenizer_path?: string | null;
        };
        /**
         * SeedSplit
         * @description A split by chance, of whole files; the same seed gives the same files. Either `share` or `count` (files).
         */
        SeedSplit: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            by: "seed";
            /** Count */
            count?: number | null;
            /**
             * Seed
             * @default 0
             */
            seed?: number;
            /** Share */
            share?: number | null;
        };
        /**
         * Series
         * @description One metric of one run. Without buckets, `mean` holds the raw points and the other lists are None.
         */
        Series: {
            /** Count */
            count: number[] | null;
            /** Key */
            key: string;
            /**
             * Last
             * @description The newest finite value in the window.
             */
            last: number | null;
            /** Max */
            max: number[] | null;
            /** Mean */
            mean: number[];
            /** Min */
            min: number[] | null;
            /** Nonfinite */
            nonfinite: components["schemas"]["NonFiniteMark"][];
            /**
             * X
             * @description Of each point, or of each bucket's begin; empty ones are left out.
             */
            x: number[] | number[];
        };
        /**
         * Session
         * @description `required` says whether a token is asked for at all.
         */
        Session: {
            /** Required */
            required: boolean;
            /** Signed In */
            signed_in: boolean;
        };
        /** SignIn */
        SignIn: {
            /**
             * Token
             * Format: password
             */
            token: string;
        };
        /** SizeCount */
        SizeCount: {
            /** Count */
            count: number;
            /** Height */
            height: number;
            /** Width */
            width: number;
        };
        /** SplitDone */
        SplitDone: {
            /** Training */
            training: number;
            /** Validation */
            validation: number;
        };
        /**
         * StepBatch
         * @description Steps of one attempt and one kind, in order; a metric that a step lacks is None there.
         */
        StepBatch: {
            /** Attempt */
            attempt: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "step" | "eval" | "system";
            /**
             * Nonfinite
             * @description By metric name.
             */
            nonfinite: {
                [key: string]: components["schemas"]["NonFinitePoint"][];
            };
            /** Run Id */
            run_id: string;
            /** Step */
            step: number[];
            /** Ts */
            ts: number[];
            /** Values */
            values: {
                [key: string]: (number | null)[];
            };
        };
        /**
         * Summary
         * @description Of all rows, quarantined ones among them, unless said.
         */
        Summary: {
            conversions: components["schemas"]["Conversions"];
            /**
             * Duration S
             * @description Of all used videos together, as far as they are measured.
             */
            duration_s: number;
            /** Faults */
            faults: components["schemas"]["CodeCount"][];
            /**
             * Flagged
             * @description By rule.
             */
            flagged: components["schemas"]["CodeCount"][];
            /** Histograms */
            histograms: components["schemas"]["Histogram"][];
            /** Images */
            images: number;
            /** Quarantined */
            quarantined: number;
            /**
             * Rates
             * @description The 8 most frequent frame rates of videos, the most first.
             */
            rates: components["schemas"]["RateCount"][];
            /**
             * Reasons
             * @description Quarantined rows by reason, the most first.
             */
            reasons: components["schemas"]["CodeCount"][];
            /** Rows */
            rows: number;
            /**
             * Scanned
             * @description Rows whose file has been measured.
             */
            scanned: number;
            /**
             * Sizes
             * @description The 12 most frequent sizes.
             */
            sizes: components["schemas"]["SizeCount"][];
            /**
             * Tokenized
             * @description Rows whose caption has been measured.
             */
            tokenized: number;
            /**
             * Training
             * @description Used rows to train on.
             */
            training: number;
            /** Used */
            used: number;
            /**
             * Validation
             * @description Used rows that are held out.
             */
            validation: number;
            /** Videos */
            videos: number;
        };
        /**
         * Target
         * @description The size to train clips at, in pixels: they are scaled to cover it, then cropped around the middle.
         */
        Target: {
            /** Height */
            height: number;
            /** Width */
            width: number;
        };
        /**
         * TaskAssignment
         * @description Do this task; its folder and request.json are there already.
         */
        TaskAssignment: {
            /** Task Id */
            task_id: string;
        };
        /**
         * TaskQueued
         * @description The id of a task that was queued: read it at `/api/tasks/{id}`.
         */
        TaskQueued: {
            /** Id */
            id: string;
        };
        /**
         * TaskRead
         * @description The state of a task. `progress` is its newest; `facts` are the requested ones, `offset` is where others begin.
         */
        TaskRead: {
            /** Code */
            code: string;
            /** Created At */
            created_at: number;
            /** Facts */
            facts: {
                [key: string]: unknown;
            }[];
            /** Hint */
            hint: string;
            /** Id */
            id: string;
            /** Kind */
            kind: string;
            /** Message */
            message: string;
            /** Offset */
            offset: number;
            /** Progress */
            progress: {
                [key: string]: unknown;
            } | null;
            state: components["schemas"]["TaskState"];
        };
        /**
         * TaskState
         * @enum {string}
         */
        TaskState: "queued" | "running" | "succeeded" | "stopped" | "failed";
        /**
         * TokenizerRead
         * @description The tokenizer that counts captions.
         */
        TokenizerRead: {
            /**
             * Folder
             * @description Where it lies, on the machine that scans.
             */
            folder: string;
            /**
             * Is Own
             * @description Else it is tiny-wan's in its place, and `caption_long` flags nothing.
             */
            is_own: boolean;
            /**
             * Message
             * @description Why it is not, and what to do.
             */
            message: string;
            /**
             * Model
             * @enum {string}
             */
            model: "tiny-wan" | "wan2.1-t2v-1.3b" | "wan2.2-ti2v-5b";
        };
        /**
         * TrialCreate
         * @description A run's config, whose first steps are timed.
         */
        TrialCreate: {
            /**
             * Config
             * @description It is checked as the trainer will check it.
             */
            config: {
                [key: string]: unknown;
            };
            /**
             * Dataset Id
             * @description Its rows that are not quarantined now; `dataset_base_path` and `dataset_metadata_path` are set to them and may be left out.
             */
            dataset_id?: number | null;
            /**
             * More Dataset Ids
             * @description The same for each of the config's `more_datasets`; null where it has paths.
             * @default []
             */
            more_dataset_ids?: (number | null)[];
        };
        /** TrialRead */
        TrialRead: {
            /** Task Id */
            task_id: string;
        };
        /** Trigger */
        Trigger: {
            /**
             * Dry Run
             * @default false
             */
            dry_run?: boolean;
            /**
             * @default {
             *       "kind": "all",
             *       "q": "",
             *       "state": "all"
             *     }
             */
            filter?: components["schemas"]["Filter"];
            /**
             * Place
             * @default front
             * @enum {string}
             */
            place?: "front" | "end";
            /** Word */
            word: string;
        };
        /**
         * Wanted
         * @enum {string}
         */
        Wanted: "run" | "stop";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type ActionRead = components['schemas']['ActionRead'];
export type AgentRead = components['schemas']['AgentRead'];
export type Alive = components['schemas']['Alive'];
export type Assignment = components['schemas']['Assignment'];
export type AttemptRead = components['schemas']['AttemptRead'];
export type Axis = components['schemas']['Axis'];
export type Bin = components['schemas']['Bin'];
export type CaptionChange = components['schemas']['CaptionChange'];
export type CaptionUpdate = components['schemas']['CaptionUpdate'];
export type CaptionsChanged = components['schemas']['CaptionsChanged'];
export type Changed = components['schemas']['Changed'];
export type CheckCreate = components['schemas']['CheckCreate'];
export type CheckpointRead = components['schemas']['CheckpointRead'];
export type Claim = components['schemas']['Claim'];
export type CodeCount = components['schemas']['CodeCount'];
export type Conversions = components['schemas']['Conversions'];
export type DatasetCreate = components['schemas']['DatasetCreate'];
export type DatasetDetail = components['schemas']['DatasetDetail'];
export type DatasetRead = components['schemas']['DatasetRead'];
export type DatasetState = components['schemas']['DatasetState'];
export type ErrorBody = components['schemas']['ErrorBody'];
export type EventRead = components['schemas']['EventRead'];
export type Filter = components['schemas']['Filter'];
export type Format = components['schemas']['Format'];
export type Group = components['schemas']['Group'];
export type GroupSplit = components['schemas']['GroupSplit'];
export type Health = components['schemas']['Health'];
export type Histogram = components['schemas']['Histogram'];
export type ImportFault = components['schemas']['ImportFault'];
export type ImportFaults = components['schemas']['ImportFaults'];
export type ImportNote = components['schemas']['ImportNote'];
export type ImportProgress = components['schemas']['ImportProgress'];
export type ItemDetail = components['schemas']['ItemDetail'];
export type ItemRead = components['schemas']['ItemRead'];
export type Items = components['schemas']['Items'];
export type LiveFrame = components['schemas']['LiveFrame'];
export type LiveHello = components['schemas']['LiveHello'];
export type LogFault = components['schemas']['LogFault'];
export type LogText = components['schemas']['LogText'];
export type Metrics = components['schemas']['Metrics'];
export type NoSplit = components['schemas']['NoSplit'];
export type NonFiniteMark = components['schemas']['NonFiniteMark'];
export type NonFinitePoint = components['schemas']['NonFinitePoint'];
export type PlanAnew = components['schemas']['PlanAnew'];
export type PlanBucket = components['schemas']['PlanBucket'];
export type PlanCache = components['schemas']['PlanCache'];
export type PlanDisk = components['schemas']['PlanDisk'];
export type PlanLeftOut = components['schemas']['PlanLeftOut'];
export type PlanMemory = components['schemas']['PlanMemory'];
export type PlanPart = components['schemas']['PlanPart'];
export type PlanRange = components['schemas']['PlanRange'];
export type PlanRead = components['schemas']['PlanRead'];
export type PlanRequest = components['schemas']['PlanRequest'];
export type PlanSamples = components['schemas']['PlanSamples'];
export type PlanWarning = components['schemas']['PlanWarning'];
export type PlanWay = components['schemas']['PlanWay'];
export type Preset = components['schemas']['Preset'];
export type QuarantineChange = components['schemas']['QuarantineChange'];
export type QuarantineList = components['schemas']['QuarantineList'];
export type QuarantineListed = components['schemas']['QuarantineListed'];
export type RateCount = components['schemas']['RateCount'];
export type Replacement = components['schemas']['Replacement'];
export type RuleChange = components['schemas']['RuleChange'];
export type RuleRead = components['schemas']['RuleRead'];
export type Rules = components['schemas']['Rules'];
export type RulesUpdate = components['schemas']['RulesUpdate'];
export type RunCreate = components['schemas']['RunCreate'];
export type RunDetail = components['schemas']['RunDetail'];
export type RunListItem = components['schemas']['RunListItem'];
export type RunPhase = components['schemas']['RunPhase'];
export type RunRead = components['schemas']['RunRead'];
export type RunSeries = components['schemas']['RunSeries'];
export type RunState = components['schemas']['RunState'];
export type SampleRead = components['schemas']['SampleRead'];
export type ScanRead = components['schemas']['ScanRead'];
export type ScanStart = components['schemas']['ScanStart'];
export type SeedSplit = components['schemas']['SeedSplit'];
export type Series = components['schemas']['Series'];
export type Session = components['schemas']['Session'];
export type SignIn = components['schemas']['SignIn'];
export type SizeCount = components['schemas']['SizeCount'];
export type SplitDone = components['schemas']['SplitDone'];
export type StepBatch = components['schemas']['StepBatch'];
export type Summary = components['schemas']['Summary'];
export type Target = components['schemas']['Target'];
export type TaskAssignment = components['schemas']['TaskAssignment'];
export type TaskQueued = components['schemas']['TaskQueued'];
export type TaskRead = components['schemas']['TaskRead'];
export type TaskState = components['schemas']['TaskState'];
export type TokenizerRead = components['schemas']['TokenizerRead'];
export type TrialCreate = components['schemas']['TrialCreate'];
export type TrialRead = components['schemas']['TrialRead'];
export type Trigger = components['schemas']['Trigger'];
export type Wanted = components['schemas']['Wanted'];
export type $defs = Record<string, never>;
export interface operations {
    list_agents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentRead"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    claim_run: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Claim"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Assignment"] | components["schemas"]["TaskAssignment"];
                };
            };
            /** @description There is nothing to start. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_alive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alive"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    create_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskQueued"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_datasets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetRead"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    create_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DatasetCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetRead"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    replace_in_captions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Replacement"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptionsChanged"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    add_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Trigger"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptionsChanged"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    export_dataset: {
        parameters: {
            query?: {
                format?: "metadata" | "manifest" | "quarantine";
            };
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": unknown;
                    "text/csv": unknown;
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_dataset_faults: {
        parameters: {
            query?: {
                code?: string | null;
                offset?: number;
                limit?: number;
            };
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportFaults"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_groups: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    import_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_items: {
        parameters: {
            query?: {
                rule?: ("unreadable" | "too_few_frames" | "small" | "cropped" | "still" | "cut" | "blurred" | "dark" | "burnt" | "letterboxed" | "duplicate" | "near_duplicate" | "caption_empty" | "caption_repeated" | "caption_long" | "caption_mixed" | "caption_misdecoded" | "leak" | "interlaced" | "hdr" | "low_frame_rate" | "anamorphic" | "alpha") | null;
                kind?: "all" | "video" | "image";
                state?: "all" | "used" | "quarantined";
                split?: ("train" | "validation") | null;
                /** @description What is converted of the file for training. */
                conversion?: ("hdr" | "wide_gamut" | "profile" | "cmyk" | "interlaced" | "non_square" | "variable_rate" | "alpha" | "turned" | "mirrored") | null;
                /** @description Frames a second, as the items have them. */
                fps?: number | null;
                /** @description Part of the caption or the file's name. */
                q?: string;
                offset?: number;
                limit?: number;
                sort?: "order" | "file" | "size" | "frames" | "duration" | "caption" | "motion" | "cut" | "sharpness" | "brightness";
                descending?: boolean;
            };
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Items"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_item: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
                item_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    change_item: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
                item_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CaptionUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_item_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
                item_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_thumbnail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
                item_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/webp": unknown;
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    change_quarantine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuarantineChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Changed"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    import_quarantine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuarantineList"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineListed"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    redo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rules"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    change_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesUpdate"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rules"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    scan_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ScanStart"] | null;
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    stop_scan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    split_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SeedSplit"] | components["schemas"]["GroupSplit"] | components["schemas"]["NoSplit"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SplitDone"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_dataset_summary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Summary"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    undo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                dataset_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_metrics: {
        parameters: {
            query: {
                /** @description Run ids. */
                run: string[];
                /** @description Metric names; all if left out. */
                keys?: string[] | null;
                /** @description The start if left out. */
                from?: number | null;
                /** @description Inclusive; the end if left out. */
                to?: number | null;
                /** @description At most so many points a series. */
                buckets?: number;
                /** @description The axis, which `from` and `to` are on. */
                x?: components["schemas"]["Axis"];
                /** @description `newest`: one curve a run, where the newest attempt wins. `all`: also each attempt's own. */
                attempts?: "newest" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_plan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanRead"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    try_plan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TrialCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialRead"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_presets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preset"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_runs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunListItem"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    create_run: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    delete_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_checkpoints: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckpointRead"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description The id of the last event that you have. */
                after?: number;
                /** @description Only events of this type. */
                type?: string | null;
                limit?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventRead"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    export_run: {
        parameters: {
            query?: {
                format?: components["schemas"]["Format"];
                /** @description Metric names; all if left out. */
                keys?: string[] | null;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apache.parquet": unknown;
                    "text/csv; charset=utf-8": unknown;
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_faults: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogFault"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_file: {
        parameters: {
            query?: {
                download?: boolean;
            };
            header?: never;
            path: {
                run_id: string;
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_log: {
        parameters: {
            query?: {
                /** @description The newest if left out. */
                attempt?: number | null;
                /** @description Bytes; the file's end is read if left out. */
                offset?: number | null;
                /** @description Bytes. */
                limit?: number;
            };
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogText"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    resume_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_samples: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SampleRead"][];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    stop_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    read_task: {
        parameters: {
            query?: {
                /** @description An offset of before; no facts if left out. */
                after?: number | null;
            };
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskRead"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    stop_task: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskRead"];
                };
            };
            /** @description Refused: what is wrong, and what to do */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description Failed: what is wrong, and what to do */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveHello"] | components["schemas"]["LiveFrame"];
                };
            };
        };
    };
}
