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

    /// <summary>One more than may lead beside them: nobody else leads while one caller does.</summary>
    private static readonly int Threads = Math.Max(2, Environment.ProcessorCount);

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
    public void As_many_are_lent_as_the_pool_has_and_each_comes_back()
    {
        using OnnxSession session = Open();
        Assert.Null(session.Run(Filled(session)));
        using Leader leader = new(session);
        using ManualResetEventSlim held = new();
        for (int round = 0; round < 3; round++)
        {
            held.Reset();
            Work[] works = [.. Enumerable.Range(1, Threads - 1).Select(_ => new Work(() => held.Wait(Patience)))];
            Array.ForEach(works, work => Lend(session, work));
            using Work more = new(() => { });
            for (int i = 0; i < 100; i++)
            {
                Assert.False(session.TryLend(more));
            }

            held.Set();
            Array.ForEach(works, static work => work.Wait());
            Array.ForEach(works, static work => work.Dispose());
        }
    }

    [Fact]
    public void A_session_that_is_disposed_of_on_a_thread_of_its_own_is_released_by_another()
    {
        for (int round = 0; round < 5; round++)
        {
            OnnxSession session = Open();
            Assert.Null(session.Run(Filled(session)));
            Leader leader = new(session);
            using Work last = new(() =>
            {
                leader.Dispose();
                session.Dispose();
            });
            Lend(session, last);
            last.Wait();
            InferenceCall call = Filled(session);
            Assert.True(SpinWait.SpinUntil(() => IsGone(session, call), Patience)); // The loan ends after its work.
            using Work late = new(() => { });
            Assert.False(session.TryLend(late));
        }
    }

    private static OnnxSession Open() =>
        OnnxSession.FromBytes(SlowModel.Bytes, new OnnxSessionOptions { IntraOpThreads = Threads });

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

    private static bool IsGone(OnnxSession session, InferenceCall call)
    {
        try
        {
            _ = session.Run(call);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Between two runs of the leader a caller may lead: asks until none may.</summary>
    private static void Lend(OnnxSession session, Work work) =>
        Assert.True(SpinWait.SpinUntil(() => session.TryLend(work), Patience));

    /// <summary>A caller that leads one run after the other.</summary>
    private sealed class Leader : IDisposable
    {
        private readonly Thread _thread;
        private Finding? _fault;
        private volatile bool _stops;

        public Leader(OnnxSession session)
        {
            InferenceCall call = Filled(session);
            _thread = new Thread(() =>
            {
                while (!_stops && _fault is null)
                {
                    _fault = session.Run(call);
                }
            });
            _thread.Start();
        }

        public void Dispose()
        {
            _stops = true;
            Assert.True(_thread.Join(Patience));
            Assert.Null(_fault);
        }
    }

    private sealed class Work(Action act) : IThreadPoolWorkItem, IDisposable
    {
        private readonly ManualResetEventSlim _done = new();
        private Exception? _failure;

        public bool WasOfThePool { get; private set; }

        public void Execute()
        {
            WasOfThePool = Thread.CurrentThread.IsThreadPoolThread;
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

        public void Wait()
        {
            Assert.True(_done.Wait(Patience));
            Assert.Null(_failure);
        }

        public void Dispose() => _done.Dispose();
    }
}
