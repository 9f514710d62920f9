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
         * @description An agent's sign of life; answers with the attempt that it is to start, the same one until its log is there, or
         *     with the task that it is to do.
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
         * @description That the backend serves, for health checks; `/api/health` says whether all is well.
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
         * @description Queue a check of a config; `GET /api/tasks/{id}` tells what it finds. It needs the GPUs, as a run does.
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
        /** List Datasets */
        get: operations["list_datasets"];
        put?: never;
        /**
         * Create Dataset
         * @description Register a folder of clips on the server. Nothing is copied. The same folder again is the same data set.
         */
        post: operations["create_dataset"];
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
         * @description Whether all is well, and if not, what to do about it.
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
         * @description A window of one or several runs: the raw points where they fit into `buckets`, else the mean and exact extremes
         *     of each bucket. Where a resumed run went back, the newest attempt's points are shown.
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
         * @description All runs, the newest first.
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
         * @description Delete a run that has ended or never begun: its folder with checkpoints and samples, and its curve.
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
         * @description What happened besides steps and phases, in the order in which it was read.
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
         * @description Every point of every attempt as one table: a row for each event, a column for each metric.
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
         * @description The run's log lines that were set aside, and gaps and repeats in its logs; the newest first.
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
         * @description A file under the run's `checkpoints/` or `samples/`; Range is understood. `download` names it for saving.
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
         * @description A piece of what an attempt printed.
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
         * @description Queue a run that was stopped, failed or lost: it goes on from its newest checkpoint.
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
         * @description Ask a run to finish its step, save and leave. It is stopped when its state says so.
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
         * @description Whether this backend asks for a token, and whether this browser has shown it.
         */
        get: operations["read_session"];
        put?: never;
        /**
         * Sign In
         * @description Show the token once: the answer sets a cookie that is as good for thirty days, and renewed by being used.
         */
        post: operations["sign_in"];
        /**
         * Sign Out
         * @description Forget the cookie. Other browsers stay signed in; another token signs out everybody.
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
         * @description A task, with what it has found since `after`: 0 for all, then each answer's `offset`.
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
         * @description Ask a task to leave. What it has found stays.
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
         * @description What the WebSocket `/api/live?since=<cursor>&run=<id>&run=<id>` sends, as JSON text: first a hello, then frames.
         *
         *     Steps, events and run summaries are those of the runs asked for; without any, the summaries of all. Deletions are
         *     always all. To go on after a
         *     disconnect, connect again with `since` set to the last cursor that came.
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
         * @description What a curve is drawn against: optimizer steps, seconds since the run's first point, or Unix seconds.
         * @enum {string}
         */
        Axis: "step" | "relative" | "wall";
        /**
         * CheckCreate
         * @description A run's config, to be checked on the machine that would do it.
         */
        CheckCreate: {
            /** Config */
            config: {
                [key: string]: unknown;
            };
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
         * @description An agent asks for work and says what it has alive. Asking is also its sign of life.
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
        /**
         * DatasetCreate
         * @description A folder of clips with DiffSynth's `metadata.csv` (columns `video` and `prompt`).
         */
        DatasetCreate: {
            /** Base Path */
            base_path: string;
            /** Metadata Path */
            metadata_path?: string | null;
            /** Name */
            name: string;
        };
        /** DatasetRead */
        DatasetRead: {
            /** Base Path */
            base_path: string;
            /** Created At */
            created_at: number;
            /** Id */
            id: number;
            /** Metadata Path */
            metadata_path: string;
            /** Name */
            name: string;
            /** Rows */
            rows: number;
        };
        /**
         * ErrorBody
         * @description The one error shape: what is wrong, what to do, and the field to blame where there is one.
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
         * @description A logged event that is no step: what happened, in the log's own fields.
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
         * Format
         * @enum {string}
         */
        Format: "csv" | "parquet";
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
        /**
         * LiveFrame
         * @description All that was committed after the client's last cursor. `deleted` are ids of runs that are gone.
         *
         *     `refetch` are ids of runs that have gone on too far for frames: their metrics are to be fetched anew.
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
         * @description The first frame of a socket. `reset` says that `since` was not of this database: fetch everything anew.
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
         * @description A log line that could not be read: it was set aside, and reading went on behind it.
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
         * @description A window of one or several runs on one shared grid: each bucket begins at a multiple of `bucket`, wherever the
         *     window lies, and holds what of it lies in the window.
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
        /**
         * NonFiniteMark
         * @description Values of one kind in one bucket: where the first of them lies, and how many they are.
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
        /**
         * RunCreate
         * @description A run to queue. `config` is checked as the trainer will check it.
         */
        RunCreate: {
            /** Config */
            config: {
                [key: string]: unknown;
            };
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
         * @description What rank 0 does now. In phase `train`, `done` and `total` count optimizer steps.
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
         * @description A run without its config: what a list shows and a live frame carries.
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
         * @description What is observed of a run. Only facts (a claim, log events, the exit) move it; see `states.observe`.
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
         * Series
         * @description One metric of one run. Without buckets these are the raw points, in `mean`, and the other lists are None.
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
         * TaskAssignment
         * @description Do this task; its folder and request.json are there already.
         */
        TaskAssignment: {
            /** Task Id */
            task_id: string;
        };
        /**
         * TaskQueued
         * @description The id of what was queued: ask for it at `/api/tasks/{id}`.
         */
        TaskQueued: {
            /** Id */
            id: string;
        };
        /**
         * TaskRead
         * @description How a task stands. `progress` is its newest; `facts` are those asked for, `offset` is where to ask on.
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
export type AgentRead = components['schemas']['AgentRead'];
export type Alive = components['schemas']['Alive'];
export type Assignment = components['schemas']['Assignment'];
export type AttemptRead = components['schemas']['AttemptRead'];
export type Axis = components['schemas']['Axis'];
export type CheckCreate = components['schemas']['CheckCreate'];
export type CheckpointRead = components['schemas']['CheckpointRead'];
export type Claim = components['schemas']['Claim'];
export type DatasetCreate = components['schemas']['DatasetCreate'];
export type DatasetRead = components['schemas']['DatasetRead'];
export type ErrorBody = components['schemas']['ErrorBody'];
export type EventRead = components['schemas']['EventRead'];
export type Format = components['schemas']['Format'];
export type Health = components['schemas']['Health'];
export type LiveFrame = components['schemas']['LiveFrame'];
export type LiveHello = components['schemas']['LiveHello'];
export type LogFault = components['schemas']['LogFault'];
export type LogText = components['schemas']['LogText'];
export type Metrics = components['schemas']['Metrics'];
export type NonFiniteMark = components['schemas']['NonFiniteMark'];
export type NonFinitePoint = components['schemas']['NonFinitePoint'];
export type Preset = components['schemas']['Preset'];
export type RunCreate = components['schemas']['RunCreate'];
export type RunDetail = components['schemas']['RunDetail'];
export type RunListItem = components['schemas']['RunListItem'];
export type RunPhase = components['schemas']['RunPhase'];
export type RunRead = components['schemas']['RunRead'];
export type RunSeries = components['schemas']['RunSeries'];
export type RunState = components['schemas']['RunState'];
export type SampleRead = components['schemas']['SampleRead'];
export type Series = components['schemas']['Series'];
export type Session = components['schemas']['Session'];
export type SignIn = components['schemas']['SignIn'];
export type StepBatch = components['schemas']['StepBatch'];
export type TaskAssignment = components['schemas']['TaskAssignment'];
export type TaskQueued = components['schemas']['TaskQueued'];
export type TaskRead = components['schemas']['TaskRead'];
export type TaskState = components['schemas']['TaskState'];
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
