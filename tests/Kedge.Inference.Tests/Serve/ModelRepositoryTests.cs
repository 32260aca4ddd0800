using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Lifecycle;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.ModelServer;
using Kedge.ModelServer.Models;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Real models that come and go, in this process.</summary>
[Collection(AloneCollection.Name)]
public sealed class ModelRepositoryTests : IDisposable
{
    private const int WeightCount = 2 * 1024 * 1024;
    private const long WeightBytes = WeightCount * sizeof(float);
    private readonly TemporaryFolder _folder = new();
    private readonly RotatingLog _log = new("", 4096, TimeProvider.System);

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Models_that_do_not_fit_together_all_answer()
    {
        // What a model takes is measured on a live process: at least its weights, and whatever else grew meanwhile. The
        // bound is what three surely exceed, and far more than one was seen to take.
        ImmutableArray<ServeModel> models = [Scale("a", 2), Scale("b", 3), Scale("c", 5)];
        long budget = (models.Length * WeightBytes) - 1;
        long largest;
        using (ModelRepository measured = Start(Context(), budget: long.MaxValue, models))
        {
            Assert.Null(await measured.StartAsync());
            largest = measured.Index().Max(static slot => slot.Bytes);
        }

        Assert.True(largest < budget, $"One takes {largest} bytes, its weights have {WeightBytes}.");
        ServeContext context = Context();
        using ModelRepository repository = Start(context, budget, models);
        Assert.Null(await repository.StartAsync());
        Assert.Equal(3, context.Models.Length);
        Assert.Contains(repository.Index(), static slot => slot.Phase == ModelPhase.Resting);
        Assert.All(repository.Index(), static slot => Assert.True(slot.Bytes >= WeightBytes));
        string[] names = ["a", "b", "c"];
        float[] factors = [2, 3, 5];
        Task[] clients = [.. Enumerable.Range(0, 6).Select(client => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                int model = (client + i) % 3;
                Assert.Equal(factors[model] * client, await AskAsync(context, names[model], client));
            }
        }))];
        await Task.WhenAll(clients);
        Assert.True(repository.Index().Sum(static slot => slot.HoldsMemory ? slot.Bytes : 0) <= budget);
        Assert.Equal(120, context.Requests);
        Assert.Equal(0, context.Failures);
    }

    [Fact]
    public async Task A_request_whose_time_is_over_while_it_waits_is_refused()
    {
        ServeContext context = Context();
        using ModelRepository repository = Start(context, budget: (3 * WeightBytes) / 2, Scale("a", 2), Scale("b", 3));
        Assert.Null(await repository.StartAsync());
        ServedModel b = context.Table.Find("b", "")!;
        InferenceRun holds = b.Rent(); // Somebody computes: it cannot leave.
        Assert.True(holds.IsHeld);
        ServedModel a = context.Table.Find("a", "")!;
        Assert.Equal(ServeErrors.LoadTooSlow.Code, (await RunAsync(a, 1, TimeSpan.FromMilliseconds(30)))?.Code);
        using CancellationTokenSource gone = new();
        Task<Finding?> waits = RunAsync(a, 1, default, gone.Token);
        await gone.CancelAsync();
        Assert.Equal(ServeErrors.LoadTooSlow.Code, (await waits)?.Code);
        Task<float> served = AskAsync(context, "a", 7);
        Assert.False(served.IsCompleted);
        b.Return(holds);
        Assert.Equal(14, await served);
    }

    [Fact]
    public async Task A_model_is_unloaded_and_loaded_by_name_and_its_figures_stay()
    {
        ServeContext context = Context();
        using ModelRepository repository = Start(context, 0, Scale("a", 2, "1"), Scale("a", 3, "2"), Scale("b", 5));
        Assert.Null(await repository.StartAsync());
        Assert.Equal(2, await AskAsync(context, "a", 1)); // The first that is listed.
        Assert.Equal(3, await AskAsync(context, "a", 1, "2"));
        ServedModel held = context.Table.Find("a", "2")!;
        InferenceRun run = held.Rent();
        Task<Finding?> unloading = repository.UnloadAsync("a", false, CancellationToken.None).AsTask();
        Assert.Equal(5, await AskAsync(context, "b", 1));
        Assert.False(unloading.IsCompleted); // Somebody is inside.
        held.Return(run);
        Assert.Null(await unloading);
        Assert.Null(context.Table.Find("a", ""));
        Assert.Equal(["UNAVAILABLE", "UNAVAILABLE", "READY"], repository.Index().Select(static slot => slot.IndexWord));
        Assert.Equal(ServeErrors.ModelUnloaded.Code, (await RunAsync(held, 1, default))?.Code);
        Assert.Equal(3, context.Requests);
        Assert.Null(await repository.LoadAsync("a", CancellationToken.None));
        Assert.Equal(3, await AskAsync(context, "a", 1, "2"));
        Assert.Equal(4, context.Requests);
        Assert.Equal(
            ServeErrors.ModelNotListed.Code, (await repository.LoadAsync("other", CancellationToken.None))?.Code);
    }

    [Fact]
    public async Task A_file_that_broke_is_told_and_found_again()
    {
        ServeContext context = Context();
        ServeModel model = Scale("a", 2);
        using ModelRepository repository = Start(context, 0, model);
        Assert.Null(await repository.StartAsync());
        Assert.Null(await repository.UnloadAsync("a", false, CancellationToken.None));
        byte[] good = await File.ReadAllBytesAsync(model.Path);
        await File.WriteAllBytesAsync(model.Path, good.AsMemory(0, 100));
        Finding? fault = await repository.LoadAsync("a", CancellationToken.None);
        Assert.Equal(ServeErrors.ModelLoadFailed.Code, fault?.Code);
        Assert.StartsWith("KEDGE-SERVE-004", repository.Index()[0].IndexReason, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(model.Path, good);
        Assert.Null(await repository.LoadAsync("a", CancellationToken.None));
        Assert.Equal(2, await AskAsync(context, "a", 1));
    }

    [Fact]
    public async Task Loading_and_unloading_does_not_grow()
    {
        ServeContext context = Context();
        using ModelRepository repository = Start(context, 0, Scale("a", 2));
        Assert.Null(await repository.StartAsync());
        int files = 0;
        int threads = 0;
        for (int cycle = 0; cycle < 60; cycle++)
        {
            Assert.Null(await repository.UnloadAsync("a", false, CancellationToken.None));
            Assert.Null(await repository.LoadAsync("a", CancellationToken.None));
            Assert.Equal(2, await AskAsync(context, "a", 1));
            if (cycle == 10)
            {
                files = Directory.GetFiles("/proc/self/fd").Length;
                threads = Directory.GetDirectories("/proc/self/task").Length;
            }
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, files + 4);
        Assert.InRange(Directory.GetDirectories("/proc/self/task").Length, 0, threads + 8);
    }

    [Fact]
    public async Task What_requests_of_a_model_held_has_gone_when_it_is_unloaded()
    {
        ServeContext context = Context();
        using ModelRepository repository = Start(context, 0, Scale("a", 2));
        Assert.Null(await repository.StartAsync());
        Assert.Equal(2, await AskAsync(context, "a", 1));
        WeakReference held = HeldBy(context.Table.Find("a", "")!);
        Assert.True(held.IsAlive);
        Assert.Null(await repository.UnloadAsync("a", false, CancellationToken.None));
        Assert.False(held.IsAlive);
    }

    [Fact]
    public void A_model_is_warmed_up_by_golden_samples_or_by_zeros()
    {
        List<float> seen = [];
        using InMemorySession session = new(TinyModels.IdentitySignature(TensorType.Float32), call =>
        {
            seen.Add(call.Inputs[0].Values<float>()[0]);
            call.Outputs[0].CopyFrom(call.Inputs[0]);
            return null;
        });
        Assert.Null(WarmUp.Run(session, ""));
        File.WriteAllText(_folder.File("golden.json"), """
            {"schema": 1, "samples": [
              {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [7]}],
               "outputs": [{"name": "y", "shape": [1], "datatype": "FP32", "data": [7]}]}]}
            """);
        Assert.Null(WarmUp.Run(session, _folder.File("golden.json")));
        File.WriteAllText(_folder.File("broken.json"), "{");
        Assert.Null(WarmUp.Run(session, _folder.File("broken.json")));
        Assert.Null(WarmUp.Run(session, _folder.File("absent.json")));
        Assert.Equal([0, 7, 0, 0], seen);
    }

    /// <summary>What the runtime keeps for the next request of a model.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference HeldBy(ServedModel model)
    {
        InferenceRun run = model.Rent();
        WeakReference held = new(run.Call.Kept);
        model.Return(run);
        return held;
    }

    private ServeContext Context() => new(_log, TimeProvider.System)
    {
        RequestBytesMax = 1 << 20,
        WriteMetrics = static () => default,
    };

    private ModelRepository Start(ServeContext context, long budget, params ImmutableArray<ServeModel> models)
    {
        ModelRepository repository = new(
            new ServeConfig
            {
                Nonce = "nonce-nonce",
                Deployment = "test",
                Instance = "1",
                Models = models,
                IntraOpThreads = 1,
                ControlSocket = _folder.File("control.sock"),
                HttpSocket = _folder.File("http.sock"),
                ModelMemoryBytes = budget,
            },
            context);
        context.Repository = repository;
        return repository;
    }

    /// <summary>Gives one number times a factor, and carries weights of 8 MiB that it looks the factor up in.</summary>
    private ServeModel Scale(string name, float factor, string version = "1")
    {
        float[] weights = new float[WeightCount];
        weights[^1] = factor;
        string path = _folder.File($"{name}-{version}.onnx");
        File.WriteAllBytes(path, OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = name,
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 1), OnnxValue.Tensor("i", OnnxElementType.Int64, 1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1)],
            Initializers = [OnnxTensor.Of("w", [WeightCount], weights)],
            Nodes = [new OnnxNodeSpec("Gather", ["w", "i"], ["f"]), new OnnxNodeSpec("Mul", ["x", "f"], ["y"])],
        }));
        return new ServeModel(name, version, "onnx", path);
    }

    private static async Task<float> AskAsync(ServeContext context, string name, float value, string version = "")
    {
        ServedModel model = context.Table.Find(name, version)!;
        InferenceRun run = Fill(model, value);
        RequestTerms terms = new() { Started = TimeProvider.System.GetTimestamp(), IsCounted = true };
        Finding? fault = await model.RunAsync(run, terms);
        Assert.Null(fault);
        float answer = run.Call.Outputs[0].Values<float>()[0];
        model.Count(run, terms, fault);
        model.Return(run);
        return answer;
    }

    private static async Task<Finding?> RunAsync(
        ServedModel model, float value, TimeSpan patience, CancellationToken gone = default)
    {
        InferenceRun run = Fill(model, value);
        Finding? fault = await model.RunAsync(run, new RequestTerms
        {
            Started = TimeProvider.System.GetTimestamp(), Timeout = patience, Gone = gone,
        });
        model.Return(run);
        return fault;
    }

    private static InferenceRun Fill(ServedModel model, float value)
    {
        InferenceRun run = model.Rent();
        run.Call.Clear();
        run.Call.Inputs[0].CopyFrom(Tensor.Of<float>("x", TensorType.Float32, [1], [value]));
        run.Call.Inputs[1].CopyFrom(Tensor.Of<long>("i", TensorType.Int64, [1], [WeightCount - 1]));
        run.Call.TryGive(0);
        run.Call.TryGive(1);
        run.Call.WantAll(binary: false);
        return run;
    }
}
