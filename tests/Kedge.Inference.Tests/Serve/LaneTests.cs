using System.Runtime.CompilerServices;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Batching;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Statistics;
using Kedge.Inference.Tensors;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Scheduling;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Models with real threads and a real clock, without a network.</summary>
[Collection(AloneCollection.Name)]
public sealed class LaneTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ManualResetEventSlim _held = new();
    private readonly SemaphoreSlim _inside = new(0);

    [Fact]
    public async Task A_request_that_finds_a_slot_is_computed_where_it_is_without_an_allocation()
    {
        using ComputeSlots slots = new(2, TimeProvider.System);
        using ServedModel model = Serve(slots, new(), TinyModels.MemoryAddSub());
        model.Return(Fill(model, 7)); // The one run that the pool then has.
        RequestTerms terms = new() { Started = TimeProvider.System.GetTimestamp(), IsCounted = true };
        for (int i = 0; i < 1000; i++)
        {
            InferenceRun run = model.Rent();
            Assert.Null(await model.RunAsync(run, terms));
            model.Count(run, terms, null);
            model.Return(run);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            InferenceRun run = model.Rent();
            ValueTask<Finding?> running = model.RunAsync(run, terms);
            if (!running.IsCompletedSuccessfully || await running is not null)
            {
                throw new InvalidOperationException("It waited.");
            }

            model.Count(run, terms, null);
            model.Return(run);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256);
    }

    [Fact]
    public void A_request_that_waits_for_a_slot_allocates_nothing_for_that()
    {
        const int Callers = 4;
        const int Requests = 500;
        const int Warm = 50;
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ThreadLocal<long> allocated = new();
        int[] runs = new int[2]; // Before which the thread allocated nothing since its last one, and something.
        using ServedModel model = Serve(slots, new(), new InMemorySession(TinyModels.AddSubSignature, call =>
        {
            long now = GC.GetAllocatedBytesForCurrentThread();
            Interlocked.Increment(ref runs[now == allocated.Value ? 0 : 1]);
            Thread.SpinWait(20_000); // Long enough that the others come meanwhile.
            foreach (int index in call.Wanted)
            {
                call.Outputs[index].Begin(TinyModels.AddSubSignature.Outputs[index].Name, TensorType.Int32);
                Check.That(call.Outputs[index].TryShape(call.Inputs[0].Shape));
            }

            allocated.Value = GC.GetAllocatedBytesForCurrentThread();
            return null;
        }));
        Array.ForEach([.. Enumerable.Range(0, Callers).Select(i => Fill(model, i))], model.Return);
        int waited = 0;
        long[] ofCallers = new long[Callers];
        using Barrier together = new(Callers);
        Thread[] callers = [.. Enumerable.Range(0, Callers).Select(caller => new Thread(() =>
        {
            using AutoResetEvent done = new(false);
            Action wake = () => done.Set();
            together.SignalAndWait();
            for (int i = 0; i < Warm; i++)
            {
                _ = Ask(model, done, wake);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Requests; i++)
            {
                Interlocked.Add(ref waited, Ask(model, done, wake) ? 1 : 0);
            }

            ofCallers[caller] = GC.GetAllocatedBytesForCurrentThread() - before;
        }))];
        Array.ForEach(callers, static caller => caller.Start());
        Array.ForEach(callers, static caller => caller.Join());
        Assert.InRange(waited, Requests / 4, Callers * Requests);

        // A batch is made anew where its thread lost its processor at the wrong moment, and the pool's threads may do
        // the work of others: an object made in waiting would be seen before most runs.
        Assert.All(ofCallers, static bytes => Assert.InRange(bytes, 0, 4 * Requests));
        Assert.InRange(runs[0], Callers * Requests * 9 / 10, int.MaxValue);
    }

    [Fact]
    public async Task Whoever_waits_is_computed_together_with_others_and_gets_its_own_answer()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { Batching = new() { MaxSize = 8 } }, Holding());
        (Task<Finding?> First, InferenceRun Run) holder = Start(model, 1);
        await _inside.WaitAsync(Patience);
        (Task<Finding?> Task, InferenceRun Run)[] others = [.. Enumerable.Range(10, 8).Select(v => Start(model, v))];
        Assert.Equal(8, model.Waiting);
        _held.Set();
        Assert.Null(await holder.First.WaitAsync(Patience));
        for (int i = 0; i < others.Length; i++)
        {
            Assert.Null(await others[i].Task.WaitAsync(Patience));
            Assert.Equal(2 * (10 + i), others[i].Run.Call.Outputs[0].Values<int>()[15]);
        }

        ModelStatistics statistics = model.ReadStatistics();
        Assert.Equal((9, 2), (statistics.InferenceCount, statistics.ExecutionCount));
        Assert.Equal([1, 8], statistics.Batches.Select(static b => b.Size));
        Assert.True(others[0].Run.ComputeStartedAt > others[0].Run.ReadAt);
    }

    [Fact]
    public async Task One_that_the_runtime_cannot_compute_fails_alone()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { Batching = new() { MaxSize = 8 } }, Holding(refuses: 13));
        _ = Start(model, 1);
        await _inside.WaitAsync(Patience);
        (Task<Finding?> Task, InferenceRun Run)[] others = [.. Enumerable.Range(10, 6).Select(v => Start(model, v))];
        _held.Set();
        for (int i = 0; i < others.Length; i++)
        {
            Finding? fault = await others[i].Task.WaitAsync(Patience);
            Assert.Equal(i == 3 ? InferErrors.RunFailed.Code : null, fault?.Code);
        }
    }

    [Fact]
    public async Task What_a_runtime_throws_reaches_everybody_and_the_slot_comes_back()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { Batching = new() { MaxSize = 8 } }, Holding(throws: 13));
        _ = Start(model, 1);
        await _inside.WaitAsync(Patience);
        (Task<Finding?> Task, InferenceRun Run)[] others = [.. Enumerable.Range(12, 2).Select(v => Start(model, v))];
        _held.Set();
        await Assert.ThrowsAsync<InvalidOperationException>(() => others[1].Task.WaitAsync(Patience));
        Assert.Null(await Start(model, 2).Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_model_whose_outputs_do_not_follow_its_rows_is_not_batched_any_more()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { Batching = new() { MaxSize = 8 } }, Holding(sums: true));
        _ = Start(model, 1);
        await _inside.WaitAsync(Patience);
        (Task<Finding?> Task, InferenceRun Run)[] others = [.. Enumerable.Range(10, 4).Select(v => Start(model, v))];
        _held.Set();
        foreach ((Task<Finding?> task, InferenceRun run) in others)
        {
            Assert.Null(await task.WaitAsync(Patience));
            Assert.Equal(1, run.Call.Outputs[0].Shape[0]);
        }

        Assert.Equal([1], model.ReadStatistics().Batches.Select(static b => b.Size));
    }

    [Fact]
    public async Task A_full_queue_and_a_deadline_refuse_while_the_slot_is_held()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { Batching = new() { QueueMax = 1 } }, Holding());
        (Task<Finding?> First, InferenceRun Run) holder = Start(model, 1);
        await _inside.WaitAsync(Patience);
        (Task<Finding?> Task, InferenceRun Run) hasty = Start(model, 2, TimeSpan.FromMilliseconds(20));
        (Task<Finding?> Task, InferenceRun Run) refused = Start(model, 3);
        Assert.Equal(InferErrors.QueueFull.Code, (await refused.Task.WaitAsync(Patience))?.Code);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Run.RetryAfter);
        Assert.Equal(InferErrors.QueueTimeout.Code, (await hasty.Task.WaitAsync(Patience))?.Code);
        Assert.False(holder.First.IsCompleted);
        _held.Set();
        Assert.Null(await holder.First.WaitAsync(Patience));
        Assert.Equal(1, model.Counters.Failures(FailureReason.Other) + model.ReadStatistics().ExecutionCount);
    }

    [Fact]
    public async Task A_delay_of_microseconds_is_kept_by_the_timer()
    {
        _held.Set();
        using ComputeSlots slots = new(1, TimeProvider.System);
        SchedulingOptions options = new()
        {
            Batching = new() { MaxSize = 8, MaxDelayUs = 2000, IsAdaptive = false },
        };
        using ServedModel model = Serve(slots, options, Holding());
        (Task<Finding?> Task, InferenceRun Run) alone = Start(model, 1);
        Assert.Null(await alone.Task.WaitAsync(Patience));
        TimeSpan waited = TimeProvider.System.GetElapsedTime(alone.Run.ReadAt, alone.Run.ComputeStartedAt);
        Assert.InRange(waited, TimeSpan.FromMicroseconds(2000), Patience);
    }

    [Fact]
    public async Task Nobody_is_lost_under_load_from_many_threads()
    {
        _held.Set();
        using ComputeSlots slots = new(2, TimeProvider.System);
        SchedulingOptions options = new() { Batching = new() { MaxSize = 4, MaxDelayUs = 50 } };
        using ServedModel first = Serve(slots, options, Holding());
        using ServedModel second = Serve(slots, new(), Holding());
        Task[] clients = [.. Enumerable.Range(0, 16).Select(client => Task.Run(async () =>
        {
            for (int i = 0; i < 500; i++)
            {
                (Task<Finding?> task, InferenceRun run) = Start(client % 2 == 0 ? first : second, (client * 1000) + i);
                Assert.Null(await task.WaitAsync(Patience));
                Assert.Equal(2 * ((client * 1000) + i), run.Call.Outputs[0].Values<int>()[0]);
                (client % 2 == 0 ? first : second).Return(run);
            }
        }))];
        await Task.WhenAll(clients).WaitAsync(Patience * 2);
        Assert.Equal(4000, first.ReadStatistics().InferenceCount);
        Assert.Equal(4000, second.ReadStatistics().InferenceCount);
        Assert.Equal((0, 0), (first.Waiting, second.Waiting));
    }

    [Fact]
    public async Task A_kept_answer_is_given_again_without_computing()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { CacheBytes = 100_000 }, TinyModels.MemoryAddSub());
        foreach (int value in (int[])[1, 2, 1, 1, 2])
        {
            InferenceRun run = Fill(model, value);
            RequestTerms terms = new() { Started = TimeProvider.System.GetTimestamp(), IsCounted = true };
            Assert.Null(await model.RunAsync(run, terms));
            Assert.Equal(2 * value, run.Call.Outputs[0].Values<int>()[3]);
            model.Count(run, terms, null);
            model.Return(run);
        }

        ModelStatistics statistics = model.ReadStatistics();
        Assert.Equal((3, 2), (statistics.CacheHit.Count, statistics.CacheMiss.Count));
        Assert.Equal((2, 2, 5), (statistics.ExecutionCount, statistics.Queue.Count, statistics.Success.Count));
        Assert.InRange(model.KeptBytes, 1, 100_000);
    }

    [Fact]
    public void What_is_kept_is_computed_on_what_it_was_found_by()
    {
        // A client may change shared memory between the two: for a model that keeps answers it is copied before.
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel keeps = Serve(slots, new() { CacheBytes = 100_000 }, TinyModels.MemoryAddSub());
        using ServedModel forgets = Serve(slots, new(), TinyModels.MemoryAddSub());
        for (int round = 0; round < 2; round++)
        {
            InferenceRun kept = keeps.Rent();
            InferenceRun computed = forgets.Rent();
            Assert.False(kept.Call.Extensions.BorrowsInputs);
            Assert.True(computed.Call.Extensions.BorrowsInputs);
            kept.Call.Clear();
            keeps.Return(kept);
            forgets.Return(computed);
        }
    }

    [Fact]
    public async Task A_run_is_ended_when_whoever_asked_goes_and_the_next_one_is_not()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new(), UntilStopped());
        using CancellationTokenSource client = new();
        InferenceRun run = Fill(model, 1);
        Task<Finding?> running = Task.Run(
            () => model.RunAsync(run, TermsOf(client.Token)).AsTask());
        await _inside.WaitAsync(Patience);
        await client.CancelAsync();
        Assert.NotNull(await running.WaitAsync(Patience));
        model.Return(run);

        _held.Set(); // From now on it computes at once.
        InferenceRun next = Fill(model, 2);
        Assert.Same(run, next);
        using CancellationTokenSource other = new();
        Assert.Null(await model.RunAsync(next, TermsOf(other.Token)));
        await other.CancelAsync();
        Assert.False(next.Call.Stop.IsAsked);

        // One that has gone already is not computed.
        next.Call.Clear();
        next.Call.WantAll(binary: false);
        Finding? gone = await model.RunAsync(next, TermsOf(other.Token));
        Assert.Equal(ServeErrors.RunStopped.Code, gone?.Code);
        Assert.Equal(FailureReason.Canceled, FailureReasons.Of(gone!));
    }

    [Fact]
    public async Task A_batch_is_ended_when_the_last_of_its_requests_has_gone_and_not_before()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { Batching = new() { MaxSize = 8 } }, UntilStopped());
        using CancellationTokenSource first = new();
        InferenceRun holder = Fill(model, 1);
        Task<Finding?> held = Task.Run(() => model.RunAsync(holder, TermsOf(first.Token)).AsTask());
        await _inside.WaitAsync(Patience);
        CancellationTokenSource[] clients =
            [.. Enumerable.Range(0, 3).Select(static _ => new CancellationTokenSource())];
        Task<Finding?>[] waiting =
        [
            .. clients.Select(client =>
                model.RunAsync(Fill(model, 7), TermsOf(client.Token)).AsTask()),
        ];
        await first.CancelAsync(); // Their turn.
        Assert.NotNull(await held.WaitAsync(Patience));
        await _inside.WaitAsync(Patience);
        await clients[0].CancelAsync();
        await clients[2].CancelAsync();
        Assert.False(await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromMilliseconds(100)).ContinueWith(
            static any => any.IsCompletedSuccessfully, TaskScheduler.Default));
        await clients[1].CancelAsync();
        foreach (Task<Finding?> one in waiting)
        {
            Assert.NotNull(await one.WaitAsync(Patience));
        }

        Assert.Equal(0, _inside.CurrentCount); // They were computed once, together, and not one by one after that.
        Array.ForEach(clients, static client => client.Dispose());
    }

    [Fact]
    public async Task A_batch_in_which_one_still_waits_is_computed_for_all()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using ServedModel model = Serve(slots, new() { Batching = new() { MaxSize = 8 } }, Holding());
        (Task<Finding?> First, InferenceRun Run) holder = Start(model, 1);
        await _inside.WaitAsync(Patience);
        using CancellationTokenSource gone = new();
        Task<Finding?> leaves = model.RunAsync(Fill(model, 5), TermsOf(gone.Token)).AsTask();
        (Task<Finding?> Task, InferenceRun Run) stays = Start(model, 6);
        _held.Set();
        Assert.Null(await holder.First.WaitAsync(Patience));
        Assert.Null(await stays.Task.WaitAsync(Patience));
        Assert.Null(await leaves.WaitAsync(Patience));
        await gone.CancelAsync();
        Assert.Equal(12, stays.Run.Call.Outputs[0].Values<int>()[0]);
    }

    [Fact]
    public void A_model_that_cannot_be_batched_is_refused_when_batching_is_asked_for()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using InMemorySession session = new(
            new([new("x", TensorType.Int32, [1, 16])], [new("y", TensorType.Int32, [-1, 16])]), static _ => null);
        KedgeException failure = Assert.Throws<KedgeException>(
            () => Serve(slots, new() { Batching = new() { MaxSize = 2 } }, session));
        Assert.Contains("'x'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_clients_are_counted_by_name_and_all_others_together()
    {
        ClientCounters clients = new();
        Assert.Same(clients.Of(null), clients.Of(null));
        for (int i = 0; i < 100; i++)
        {
            clients.Of(new System.Net.IPAddress([10, 0, 0, (byte)i])).Count(isFailure: i % 2 == 0);
        }

        Assert.Equal(ClientCounters.NamesMax + 1, clients.All.Length);
        Assert.Equal(("other", 100 - 31), (clients.All[^1].Name, clients.All[^1].Success + clients.All[^1].Failure));
    }

    /// <summary>Asks once, on this thread; true where it had to wait.</summary>
    private static bool Ask(ServedModel model, AutoResetEvent done, Action wake)
    {
        RequestTerms terms = new() { Started = TimeProvider.System.GetTimestamp(), IsCounted = true };
        InferenceRun run = model.Rent();
        ConfiguredValueTaskAwaitable<Finding?>.ConfiguredValueTaskAwaiter running =
            model.RunAsync(run, terms).ConfigureAwait(false).GetAwaiter();
        bool waits = !running.IsCompleted;
        if (waits)
        {
            running.UnsafeOnCompleted(wake);
            done.WaitOne();
        }

        Check.That(running.GetResult() is null);
        model.Count(run, terms, null);
        model.Return(run);
        return waits;
    }

    /// <summary>Sum and difference; the first call waits inside until it is let go.</summary>
    private InMemorySession Holding(int? refuses = null, int? throws = null, bool sums = false)
    {
        return new InMemorySession(TinyModels.AddSubSignature, call =>
        {
            _inside.Release();
            Assert.True(_held.Wait(Patience));
            Span<int> values = call.Inputs[0].Values<int>();
            if (throws is { } bad && values.Contains(bad))
            {
                throw new InvalidOperationException("It is broken.");
            }

            if (refuses is { } refused && values.Contains(refused))
            {
                return "Not this one.";
            }

            foreach (int index in call.Wanted)
            {
                Tensor output = call.Outputs[index];
                output.Begin(TinyModels.AddSubSignature.Outputs[index].Name, TensorType.Int32);
                Assert.True(output.TryShape(sums ? [1, 16] : call.Inputs[0].Shape));
                for (int i = 0; i < output.ElementCount; i++)
                {
                    int right = call.Inputs[1].Values<int>()[i];
                    output.Values<int>()[i] = values[i] + (index == 0 ? right : -right);
                }
            }

            return null;
        });
    }

    /// <summary>Computes until it is ended, as a long run does; at once when it was let go.</summary>
    private InMemorySession UntilStopped() => new(TinyModels.AddSubSignature, call =>
    {
        if (_held.IsSet)
        {
            foreach (int index in call.Wanted)
            {
                call.Outputs[index].Begin(TinyModels.AddSubSignature.Outputs[index].Name, TensorType.Int32);
                Assert.True(call.Outputs[index].TryShape(call.Inputs[0].Shape));
            }

            return null;
        }

        _inside.Release();
        return SpinWait.SpinUntil(() => call.Stop.IsAsked, Patience) ? "It was ended." : "Nobody ended it.";
    });

    private static RequestTerms TermsOf(CancellationToken gone) =>
        new() { Started = TimeProvider.System.GetTimestamp(), Gone = gone };

    internal static ServedModel Serve(ComputeSlots slots, SchedulingOptions options, IInferenceSession session) => new(
        new ServeModel("tiny", "1", "onnx", "-") { Scheduling = options }, session, new LatencyCounter(),
        TimeProvider.System, null, slots);

    internal static InferenceRun Fill(ServedModel model, int value)
    {
        InferenceRun run = model.Rent();
        run.Call.Clear();
        for (int i = 0; i < 2; i++)
        {
            run.Call.Inputs[i].Begin(model.Signature.Inputs[i].Name, TensorType.Int32);
            Assert.True(run.Call.Inputs[i].TryShape([1, 16]));
            run.Call.Inputs[i].Values<int>().Fill(value);
        }

        run.Call.WantAll(binary: false);
        return run;
    }

    /// <summary>On a thread of the pool where it is computed at once, else here.</summary>
    private static (Task<Finding?> Task, InferenceRun Run) Start(
        ServedModel model, int value, TimeSpan timeout = default)
    {
        InferenceRun run = Fill(model, value);
        RequestTerms terms = new() { Started = TimeProvider.System.GetTimestamp(), Timeout = timeout };
        bool mayBlock = model.ReadStatistics().ExecutionCount == 0 && model.Waiting == 0 && value == 1;
        return (mayBlock ? Task.Run(() => model.RunAsync(run, terms).AsTask())
            : model.RunAsync(run, terms).AsTask(), run);
    }
}
