using System.Collections.Concurrent;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Scheduling;

namespace Kedge.Inference.Tests.Serve;

/// <summary>What waits for its turn, where a session lends its own threads for computing.</summary>
[Collection(AloneCollection.Name)]
public sealed class LentThreadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_waits_is_computed_on_a_lent_thread_and_others_send_the_answers_and_compute_other_models()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using LendingSession lends = new();
        using LendingSession never = new() { Lends = false };
        using ServedModel model = LaneTests.Serve(slots, new(), lends);
        using ServedModel other = LaneTests.Serve(slots, new(), never);
        Task<Finding?> first = Task.Run(() => Ask(model, 1).Task);
        await lends.Inside.WaitAsync(Patience);
        (Task<Finding?> Task, InferenceRun Run)[] waiting =
            [.. Enumerable.Range(10, 8).Select(i => Ask(i % 4 == 0 ? other : model, i))];
        ConcurrentBag<Thread> answering = [];
        Task[] seen =
        [
            .. waiting.Select(one => one.Task.ContinueWith(
                _ => answering.Add(Thread.CurrentThread), default, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default)),
        ];
        lends.Held.Set();
        Assert.Null(await first.WaitAsync(Patience));
        await Task.WhenAll(seen).WaitAsync(Patience);
        foreach ((Task<Finding?> task, InferenceRun run) in waiting)
        {
            Assert.Null(await task);
            Assert.Equal(2 * run.Call.Inputs[0].Values<int>()[0], run.Call.Outputs[0].Values<int>()[0]);
        }

        // The first one was computed where it came; the thread of a loan goes on until another model has the turn.
        Thread[] computing = [.. lends.Computing];
        Assert.Equal(7, computing.Length);
        Assert.Equal(6, computing.Count(lends.Lent.Contains));
        Assert.InRange(lends.Lent.Count, 1, 5);
        Assert.Equal(2, never.Computing.Count);
        Assert.DoesNotContain(never.Computing, lends.Lent.Contains);
        Assert.DoesNotContain(answering, lends.Lent.Contains);
    }

    [Fact]
    public async Task What_fails_on_a_lent_thread_fails_alone_and_the_slot_comes_back()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using LendingSession lends = new() { Throws = 13 };
        using ServedModel model = LaneTests.Serve(slots, new(), lends);
        Task<Finding?> first = Task.Run(() => Ask(model, 1).Task);
        await lends.Inside.WaitAsync(Patience);
        (Task<Finding?> Task, InferenceRun Run)[] waiting = [.. Enumerable.Range(12, 3).Select(i => Ask(model, i))];
        lends.Held.Set();
        Assert.Null(await first.WaitAsync(Patience));
        Assert.Null(await waiting[0].Task.WaitAsync(Patience));
        await Assert.ThrowsAsync<InvalidOperationException>(() => waiting[1].Task.WaitAsync(Patience));
        Assert.Null(await waiting[2].Task.WaitAsync(Patience));
        Assert.Null(await Ask(model, 20).Task.WaitAsync(Patience));
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(3, 5)]
    [InlineData(100, 1)]
    public async Task A_loan_ends_where_a_caller_would_do_as_well(int keeps, int loans)
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using LendingSession lends = new() { Keeps = keeps };
        using ServedModel model = LaneTests.Serve(slots, new(), lends);
        Task<Finding?> first = Task.Run(() => Ask(model, 1).Task);
        await lends.Inside.WaitAsync(Patience);
        Task<Finding?>[] waiting = [.. Enumerable.Range(10, 8).Select(i => Ask(model, i).Task)];
        lends.Held.Set();
        Assert.Null(await first.WaitAsync(Patience));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Patience), Assert.Null);
        Assert.Equal(loans, lends.Lent.Count);
    }

    [Fact]
    public async Task A_short_run_of_another_model_is_computed_where_the_turn_comes()
    {
        using ComputeSlots slots = new(1, TimeProvider.System);
        using LendingSession lends = new();
        using LendingSession quick = new() { Lends = false, RunTime = TimeSpan.Zero };
        using ServedModel model = LaneTests.Serve(slots, new(), lends);
        using ServedModel other = LaneTests.Serve(slots, new(), quick);
        for (int i = 0; i < 20; i++)
        {
            Assert.Null(await Ask(other, i).Task.WaitAsync(Patience)); // So that its time is known.
        }

        Task<Finding?> first = Task.Run(() => Ask(model, 1).Task);
        await lends.Inside.WaitAsync(Patience);
        quick.Computing.Clear();
        Task<Finding?>[] waiting =
        [
            Ask(model, 10).Task, Ask(model, 11).Task, Ask(other, 12).Task, Ask(model, 13).Task,
        ];
        lends.Held.Set();
        Assert.Null(await first.WaitAsync(Patience));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Patience), Assert.Null);
        Assert.Single(quick.Computing);
        Assert.Equal(3, lends.Computing.Count(lends.Lent.Contains));
    }

    private static (Task<Finding?> Task, InferenceRun Run) Ask(ServedModel model, int value)
    {
        InferenceRun run = LaneTests.Fill(model, value);
        RequestTerms terms = new() { Started = TimeProvider.System.GetTimestamp() };
        return (model.RunAsync(run, terms).AsTask(), run);
    }

    /// <summary>Adds and subtracts, slowly, and lends a new thread each time; its first run waits until it is let go.
    /// </summary>
    private sealed class LendingSession : IInferenceSession
    {
        private readonly IInferenceSession _session = TinyModels.MemoryAddSub();

        public ModelSignature Signature => _session.Signature;

        public bool Lends { get; init; } = true;

        public int? Throws { get; init; }

        /// <summary>Long enough that its thread goes on, unless given.</summary>
        public TimeSpan RunTime { get; init; } = TimeSpan.FromMilliseconds(2);

        public SemaphoreSlim Inside { get; } = new(0);

        public ManualResetEventSlim Held { get; } = new();

        /// <summary>Threads that were lent.</summary>
        public ConcurrentBag<Thread> Lent { get; } = [];

        /// <summary>Where it computed.</summary>
        public ConcurrentBag<Thread> Computing { get; } = [];

        public Finding? Run(InferenceCall call)
        {
            Computing.Add(Thread.CurrentThread);
            Inside.Release();
            Assert.True(!Lends || Held.Wait(Patience));
            Thread.Sleep(RunTime);
            return call.Inputs[0].Values<int>()[0] == Throws
                ? throw new InvalidOperationException("It is broken.")
                : _session.Run(call);
        }

        /// <summary>How many runs of a loan go on to the next; endless unless given.</summary>
        public int Keeps { get; set; } = int.MaxValue;

        public bool MayLend => Lends && Keeps-- > 0;

        public bool TryLend(IThreadPoolWorkItem work)
        {
            if (!Lends)
            {
                return false;
            }

            Thread thread = new(work.Execute);
            Lent.Add(thread);
            thread.Start();
            return true;
        }

        public void Dispose()
        {
            foreach (Thread thread in Lent)
            {
                Assert.True(thread.Join(Patience));
            }

            _session.Dispose();
            Inside.Dispose();
            Held.Dispose();
        }
    }
}
