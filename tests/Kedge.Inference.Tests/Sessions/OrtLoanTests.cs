using Kedge.Core.Errors;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tests.Grpc;
using Kedge.Inference.Tests.Serve;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>Threads of the runtime's pool that are lent to whoever runs a session again and again.</summary>
[Collection(AloneCollection.Name)] // Callers of all sessions of the process share their seats.
public sealed class OrtLoanTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Callers that lead beside a pool of one thread.</summary>
    private static readonly int Leaders = Math.Max(1, Environment.ProcessorCount - 1);

    [Fact]
    public void A_thread_is_lent_while_a_caller_leads_and_runs_the_session_as_its_caller()
    {
        using OnnxSession session = Open();
        using Work first = new(() => { });
        Assert.False(session.TryLend(first)); // Nothing is known of it yet.
        Assert.Null(session.Run(Filled(session)));
        Assert.False(session.TryLend(first)); // A caller may lead.

        using Leader leader = new(session);
        float[] answers = [];
        using Work runs = new(() =>
        {
            for (int i = 0; i < 3; i++)
            {
                InferenceCall call = Filled(session);
                Assert.Null(session.Run(call));
                answers = [.. answers, .. call.Outputs[0].Values<float>()];
            }
        });
        Lend(session, runs);
        runs.Wait();
        Assert.False(runs.WasOfThePool);
        Assert.Equal(Enumerable.Repeat(3000f, 12), answers);
    }

    [Fact]
    public void The_thread_is_lent_to_one_at_a_time_and_comes_back()
    {
        using OnnxSession session = Open();
        Assert.Null(session.Run(Filled(session)));
        using Leader leader = new(session);
        using ManualResetEventSlim held = new();
        for (int round = 0; round < 3; round++)
        {
            held.Reset();
            using Work work = new(() => held.Wait(Patience));
            Lend(session, work);
            work.WaitForBegin();
            using Work more = new(() => { });
            for (int i = 0; i < 100; i++)
            {
                Assert.False(session.TryLend(more));
            }

            held.Set();
            work.Wait();
        }
    }

    [Fact]
    public void A_pool_of_several_threads_lends_none()
    {
        using OnnxSession session = Open(threads: 3);
        Assert.Null(session.Run(Filled(session)));
        using Leader leader = new(session);
        using Work work = new(() => { });
        for (int i = 0; i < 10_000; i++)
        {
            Assert.False(session.TryLend(work));
        }
    }

    [Fact]
    public void A_session_that_is_disposed_of_on_a_thread_of_its_own_is_released_by_another()
    {
        for (int round = 0; round < 5; round++)
        {
            OnnxSession session = Open();
            Assert.Null(session.Run(Filled(session)));
            InferenceCall call = Filled(session);
            Leader leader = new(session);
            using Work last = new(() =>
            {
                leader.Dispose();
                session.Dispose();
                Assert.Throws<ObjectDisposedException>(() => session.Run(call));
            });
            Lend(session, last);
            last.Wait();
            using Work late = new(() => { });
            Assert.False(session.TryLend(late));
            Assert.Throws<ObjectDisposedException>(() => session.Run(call));
        }
    }

    [Fact]
    public async Task Whoever_releases_a_session_waits_for_the_thread_that_it_lent()
    {
        OnnxSession session = Open();
        Assert.Null(session.Run(Filled(session)));
        Leader leader = new(session);
        using ManualResetEventSlim held = new();
        using Work work = new(() => held.Wait(Patience));
        Lend(session, work);
        work.WaitForBegin();
        leader.Dispose();
        Task released = Task.Run(session.Dispose);
        await Task.Delay(50);
        Assert.False(released.IsCompleted);
        held.Set();
        await released.WaitAsync(Patience);
        work.Wait();
    }

    private static OnnxSession Open(int threads = 2) =>
        OnnxSession.FromBytes(SlowModel.Bytes, new OnnxSessionOptions { IntraOpThreads = threads });

    private static InferenceCall Filled(OnnxSession session)
    {
        InferenceCall call = new(session.Signature);
        call.Clear();
        call.WantAll(binary: false);
        call.Inputs[0].Begin("x", TensorType.Float32);
        Assert.True(call.Inputs[0].TryShape([1, 4]));
        call.Inputs[0].Bytes.Clear();
        return call;
    }

    /// <summary>Between two runs of the leader a caller may lead: asks until none may.</summary>
    private static void Lend(OnnxSession session, Work work) =>
        Assert.True(SpinWait.SpinUntil(() => session.TryLend(work), Patience));

    /// <summary>Callers that lead one run after the other, as many as may.</summary>
    private sealed class Leader : IDisposable
    {
        private readonly Thread[] _threads;
        private volatile Finding? _fault;
        private volatile bool _stops;

        public Leader(OnnxSession session)
        {
            _threads =
            [
                .. Enumerable.Range(0, Leaders).Select(_ => Filled(session)).Select(call => new Thread(() =>
                {
                    while (!_stops && _fault is null)
                    {
                        _fault = session.Run(call);
                    }
                })),
            ];
            Array.ForEach(_threads, static thread => thread.Start());
        }

        public void Dispose()
        {
            _stops = true;
            Array.ForEach(_threads, static thread => Assert.True(thread.Join(Patience)));
            Assert.Null(_fault);
        }
    }

    private sealed class Work(Action act) : IThreadPoolWorkItem, IDisposable
    {
        private readonly ManualResetEventSlim _begun = new();
        private readonly ManualResetEventSlim _done = new();
        private Exception? _failure;

        public bool WasOfThePool { get; private set; }

        public void Execute()
        {
            WasOfThePool = Thread.CurrentThread.IsThreadPoolThread;
            _begun.Set();
            try
            {
                act();
            }
            catch (Exception failure)
            {
                // It would end the process: nobody is above.
                _failure = failure;
            }

            _done.Set();
        }

        public void WaitForBegin() => Assert.True(_begun.Wait(Patience));

        public void Wait()
        {
            Assert.True(_done.Wait(Patience));
            Assert.Null(_failure);
        }

        public void Dispose()
        {
            _begun.Dispose();
            _done.Dispose();
        }
    }
}
