using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Kedge.Inference.Control;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Batches, refusals, shares and kept answers of a real process under load.</summary>
public sealed class SchedulingProcessTests
{
    private const int LongSteps = 3000;
    private const int ShortSteps = 100;

    [Fact]
    public void Under_load_requests_are_computed_together_and_everybody_gets_its_own_answer()
    {
        // So long that the others come while it computes, whatever the rest of their way takes.
        const int Long = 4 * LongSteps;
        using ServeProcess server = Serve(
            [("long", Steps(Long))],
            config => config.Models[0].Scheduling = new()
            {
                Instances = 1,
                Batching = new() { MaxSize = 8, IsAdaptive = false }, // Whether it pays is another test's matter.
            });
        using Clients clients = new(server, "long", Long, 8);
        clients.WaitFor(() => clients.Answers >= 200);
        clients.Stop();
        Assert.Equal(0, clients.Refused);
        using RawHttp http = server.Connect();
        string metrics = http.Ask("GET", "/metrics").Body;
        double inferences = Sample(metrics, "nv_inference_count{model=\"long\",version=\"1\"}");
        double executions = Sample(metrics, "nv_inference_exec_count{model=\"long\",version=\"1\"}");
        Assert.Equal(clients.Answers, inferences);
        Assert.True(executions < inferences * 0.75, $"{executions} runs for {inferences} requests.");
        Assert.Matches("kedge_serve_batches_total{model=\"long\",version=\"1\",rows=\"[4-8]\"}", metrics);
        Assert.True(Sample(metrics, "nv_inference_queue_duration_us{model=\"long\",version=\"1\"}") > 0);
        Assert.Equal(0, Sample(metrics, "nv_inference_pending_request_count{model=\"long\",version=\"1\"}"));
        Assert.Equal(clients.Answers, Sample(
            metrics, "kedge_serve_client_requests_total{client=\"local\",outcome=\"success\"}"));
        Assert.True(Sample(metrics, "kedge_serve_resident_bytes") > 1e6);
    }

    [Fact]
    public void A_flood_is_refused_with_the_time_to_come_again_and_who_was_let_in_is_answered()
    {
        using ServeProcess server = Serve(
            [("long", Steps(LongSteps))],
            config => config.Models[0].Scheduling = new() { Instances = 1, Batching = new() { QueueMax = 2 } });
        using Clients clients = new(server, "long", LongSteps, 8);
        clients.WaitFor(() => clients.Answers >= 20 && clients.Refused >= 20);
        clients.Stop();
        Assert.Contains("KEDGE-INFER-030", clients.Refusal, StringComparison.Ordinal);
        Assert.Matches("\r\nRetry-After: [1-9][0-9]*\r\n", clients.RefusalHead);
        using RawHttp http = server.Connect();
        string metrics = http.Ask("GET", "/metrics").Body;
        Assert.Equal(
            clients.Refused,
            Sample(metrics, "nv_inference_request_failure{model=\"long\",version=\"1\",reason=\"REJECTED\"}"));
        Assert.Equal(clients.Answers, Sample(metrics, "nv_inference_request_success{model=\"long\",version=\"1\"}"));
    }

    [Fact]
    public void Whoever_waits_longer_than_allowed_is_refused()
    {
        using ServeProcess server = Serve(
            [("long", Steps(LongSteps))],
            config => config.Models[0].Scheduling = new() { Instances = 1, Batching = new() { TimeoutUs = 100 } });
        using Clients clients = new(server, "long", LongSteps, 6);
        clients.WaitFor(() => clients.Answers >= 20 && clients.Refused >= 20);
        clients.Stop();
        Assert.Contains("KEDGE-INFER-031", clients.Refusal, StringComparison.Ordinal);
        Assert.Matches("\r\nRetry-After: 1\r\n", clients.RefusalHead);
    }

    [Fact]
    public void A_model_with_short_runs_is_not_starved_by_one_with_long_runs()
    {
        using ServeProcess server = Serve([("long", Steps(LongSteps)), ("short", Steps(ShortSteps))], static _ => { });
        using Clients longs = new(server, "long", LongSteps, 4);
        using Clients shorts = new(server, "short", ShortSteps, 4);
        shorts.WaitFor(() => longs.Answers >= 200 && shorts.Answers >= 500);
        shorts.Stop();
        longs.Stop();
        Assert.Equal((0, 0), (longs.Refused, shorts.Refused));

        // Who is short is next whenever a slot is free; in the order of their coming each would wait for two long runs.
        using RawHttp http = server.Connect();
        string metrics = http.Ask("GET", "/metrics").Body;
        double waited = Mean(metrics, "nv_inference_queue_duration_us", "nv_inference_count", "short");
        double run = Mean(metrics, "nv_inference_compute_infer_duration_us", "nv_inference_exec_count", "long");
        Assert.True(waited < run, $"a short one waited {waited:F0} us, a long one took {run:F0} us");
    }

    private static double Mean(string metrics, string sum, string count, string model) =>
        Sample(metrics, $"{sum}{{model=\"{model}\",version=\"1\"}}")
            / Sample(metrics, $"{count}{{model=\"{model}\",version=\"1\"}}");

    [Fact]
    public void While_long_runs_hold_every_processor_others_are_read_and_answered()
    {
        using ServeProcess server = Serve(
            [("long", Steps(LongSteps))], static config => config.Models[0].Scheduling.Batching.QueueMax = 1);
        using Clients longs = new(server, "long", LongSteps, 4);
        longs.WaitFor(() => longs.Answers >= 4);
        RawHttp[] others = [.. Enumerable.Range(0, 4).Select(_ => server.Connect())];
        for (int turn = 0; turn < 50; turn++)
        {
            Assert.All(others, static other => Assert.Equal(200, other.Ask("GET", "/v2/health/live").Status));
        }

        // Of so many some find the queue full, and hear it: nobody waits unread behind a run.
        longs.WaitFor(() => longs.Refused > 0);
        longs.Stop();
        Array.ForEach(others, static other => other.Dispose());
    }

    [Fact]
    public void Kept_answers_come_without_a_run()
    {
        using ServeProcess server = Serve(
            [("short", Steps(ShortSteps))],
            config => config.Models[0].Scheduling = new() { CacheBytes = 1 << 20 });
        using RawHttp http = server.Connect();
        for (int i = 0; i < 10; i++)
        {
            (int status, string body) = http.Ask("POST", "/v2/models/short/infer", Body(7 + (i % 2)));
            Assert.Equal(200, status);
            Assert.Contains($"[{ShortSteps + 7 + (i % 2)},", body, StringComparison.Ordinal);
        }

        string metrics = http.Ask("GET", "/metrics").Body;
        Assert.Equal(8, Sample(metrics, "nv_cache_num_hits_per_model{model=\"short\",version=\"1\"}"));
        Assert.Equal(2, Sample(metrics, "nv_inference_exec_count{model=\"short\",version=\"1\"}"));
        Assert.Equal(10, Sample(metrics, "nv_inference_request_success{model=\"short\",version=\"1\"}"));
    }

    private static ServeProcess Serve((string Name, byte[] Model)[] models, Action<ServeConfig> change)
    {
        ServeProcess server = new("1", models: models, change: change);
        return server.WaitFor(ServeStates.Ready);
    }

    /// <summary>Adds one, so many times: takes time and has an answer that tells requests apart.</summary>
    private static byte[] Steps(int steps) => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "steps",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 4)],
        Outputs = [OnnxValue.Tensor($"v{steps}", OnnxElementType.Float, -1, 4)],
        Initializers = [OnnxTensor.Of("one", [1], (float[])[1])],
        Nodes = [.. Enumerable.Range(1, steps).Select(static i =>
            new OnnxNodeSpec("Add", [i == 1 ? "x" : $"v{i - 1}", "one"], [$"v{i}"]))],
    });

    private static string Body(int value) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[{{value}},0,0,0]}]}""");

    private static double Sample(string metrics, string name)
    {
        string line = metrics.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Ask one after the other, each with numbers of its own, and check every answer.</summary>
    private sealed class Clients : IDisposable
    {
        private readonly List<Thread> _threads = [];
        private readonly ConcurrentQueue<string> _failures = new();
        private long _answers;
        private long _refused;
        private volatile bool _stop;

        public Clients(ServeProcess server, string model, int steps, int count)
        {
            for (int client = 0; client < count; client++)
            {
                int first = client * 100_000;
                Thread thread = new(() => Run(server, model, steps, first)) { IsBackground = true };
                thread.Start();
                _threads.Add(thread);
            }
        }

        public long Answers => Interlocked.Read(ref _answers);

        public long Refused => Interlocked.Read(ref _refused);

        public string Refusal { get; private set; } = "";

        public string RefusalHead { get; private set; } = "";

        public void WaitFor(Func<bool> condition)
        {
            bool met = SpinWait.SpinUntil(() => condition() || !_failures.IsEmpty, TimeSpan.FromSeconds(60));
            Assert.True(met
                && _failures.IsEmpty, $"{Answers} answers, {Refused} refused: {_failures.FirstOrDefault()}");
        }

        public void Stop()
        {
            _stop = true;
            _threads.ForEach(static thread => thread.Join());
            Assert.Empty(_failures);
        }

        public void Dispose()
        {
            _stop = true;
            _threads.ForEach(static thread => thread.Join());
        }

        private void Run(ServeProcess server, string model, int steps, int first)
        {
            using RawHttp http = server.Connect();
            for (int i = 0; !_stop; i++)
            {
                int value = first + (i % 1000);
                byte[] request = RawHttp.Request("POST", $"/v2/models/{model}/infer", Body(value));
                int status = http.Exchange(request, out ReadOnlySpan<byte> body);
                string text = Encoding.UTF8.GetString(body);
                string expected = string.Create(CultureInfo.InvariantCulture, $"[{value + steps},");
                if (status == 200 && text.Contains(expected, StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref _answers);
                }
                else if (status == 503)
                {
                    Refusal = text;
                    RefusalHead = http.Head;
                    Interlocked.Increment(ref _refused);
                }
                else
                {
                    _failures.Enqueue($"{status} for {value}: {text}");
                }
            }
        }
    }
}
