using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Onnx;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>
/// What is particular to runs of ONNX Runtime: where outputs lie, how a run ends early, what is shared.
/// </summary>
public sealed class OnnxRunTests
{
    [Fact]
    public void An_output_of_declared_shape_is_computed_where_it_is_read()
    {
        using OnnxSession session = Open(Scaled(rows: 4));
        InferenceCall call = Filled(session, 4);
        Tensor output = call.Outputs[0];
        output.Begin("y", TensorType.Float32);
        Assert.True(output.TryShape([4, 3]));
        ref byte before = ref MemoryMarshal.GetReference(output.Bytes);
        Assert.Null(session.Run(call));
        Assert.True(Unsafe.AreSame(ref before, ref MemoryMarshal.GetReference(output.Bytes)));
        Assert.Equal([0f, 2, 4, 6], output.Values<float>()[..4].ToArray());
    }

    [Fact]
    public void Outputs_of_open_shape_follow_what_goes_in()
    {
        using OnnxSession session = Open(Scaled(rows: -1));
        InferenceCall call = new(session.Signature);
        foreach (int rows in new[] { 2, 2, 2, 5, 5, 1, 2, 0, 0, 5 })
        {
            Fill(call, rows);
            Assert.Null(session.Run(call));
            Assert.Equal([rows, 3L], call.Outputs[0].Shape.ToArray());
            Assert.Equal(
                Enumerable.Range(0, rows * 3).Select(static i => 2f * i), call.Outputs[0].Values<float>().ToArray());
        }
    }

    [Fact]
    public void An_output_whose_shape_depends_on_values_is_right_each_time()
    {
        using OnnxSession session = Open(OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "places",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 6)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Int64, 1, -1)],
            Nodes = [new OnnxNodeSpec("NonZero", ["x"], ["y"])],
        }));
        InferenceCall call = new(session.Signature);
        foreach (int places in new[] { 3, 3, 1, 6, 0, 0, 6 })
        {
            call.Clear();
            call.WantAll(binary: false);
            Tensor input = call.Inputs[0];
            input.Begin("x", TensorType.Float32);
            Assert.True(input.TryShape([6]));
            for (int i = 0; i < 6; i++)
            {
                input.Values<float>()[i] = i < places ? 1 : 0;
            }

            Assert.Null(session.Run(call));
            Assert.Equal([1, (long)places], call.Outputs[0].Shape.ToArray());
            Assert.Equal(
                Enumerable.Range(0, places).Select(static i => (long)i), call.Outputs[0].Values<long>().ToArray());
        }
    }

    [Fact]
    public void A_model_that_gives_back_a_weight_or_an_input_copies_them()
    {
        using OnnxSession session = Open(OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "same",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 3)],
            Outputs =
            [
                OnnxValue.Tensor("w", OnnxElementType.Float, 3),
                OnnxValue.Tensor("y", OnnxElementType.Float, 3),
            ],
            Initializers = [OnnxTensor.Of("w", [3], [7f, 8, 9])],
            Nodes = [new OnnxNodeSpec("Identity", ["x"], ["y"])],
        }));
        InferenceCall call = new(session.Signature);
        for (int round = 0; round < 3; round++)
        {
            call.Clear();
            call.WantAll(binary: false);
            Tensor input = call.Inputs[0];
            input.Begin("x", TensorType.Float32);
            Assert.True(input.TryShape([3]));
            input.Values<float>().Fill(round);
            Assert.Null(session.Run(call));
            Assert.Equal([7f, 8, 9], call.Outputs[0].Values<float>().ToArray());
            Assert.Equal([round, round, (float)round], call.Outputs[1].Values<float>().ToArray());
        }
    }

    [Fact]
    public void A_run_that_takes_long_ends_when_it_is_asked_to_and_the_call_serves_again()
    {
        using OnnxSession session = Open(Chain(steps: 1000));
        InferenceCall call = Matrix(session);
        Finding? fault = null;
        Thread run = new(() => fault = session.Run(call));
        long start = TimeProvider.System.GetTimestamp();
        run.Start();
        SpinWait.SpinUntil(() => TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(50));
        call.Stop.Ask();
        run.Join();
        Assert.Equal("KEDGE-SERVE-030", fault?.Code);
        Assert.Equal("It was ended while it ran.", fault?.Message);

        Assert.Equal("KEDGE-SERVE-030", session.Run(call)?.Code);
        call.Clear();
        call.WantAll(binary: false);
        Assert.Null(session.Run(call));
    }

    [Fact]
    public void Deterministic_sessions_give_the_same_bits()
    {
        using OnnxSession session = OnnxSession.FromBytes(
            Chain(steps: 20), new OnnxSessionOptions { IntraOpThreads = 2, IsDeterministic = true });
        InferenceCall call = Matrix(session);
        Assert.Null(session.Run(call));
        byte[] first = call.Outputs[0].Bytes.ToArray();
        for (int round = 0; round < 20; round++)
        {
            Assert.Null(session.Run(call));
            Assert.Equal(first, call.Outputs[0].Bytes.ToArray());
        }
    }

    [Fact]
    public void Long_runs_at_once_each_give_their_own_result()
    {
        const int Callers = 4;
        using OnnxSession session = OnnxSession.FromBytes(
            Chain(steps: 20), new OnnxSessionOptions { IntraOpThreads = 2, IsDeterministic = true });
        InferenceCall[] calls = [.. Enumerable.Range(0, Callers).Select(caller => Matrix(session, caller))];
        byte[][] expected = [.. calls.Select(call =>
        {
            Assert.Null(session.Run(call));
            return call.Outputs[0].Bytes.ToArray();
        })];
        Assert.Equal(Callers, expected.Select(Convert.ToHexString).Distinct().Count());
        int wrong = 0;
        AtOnce(Callers, caller =>
        {
            for (int round = 0; round < 15; round++)
            {
                calls[caller].Outputs[0].Bytes.Clear();
                bool isRight = session.Run(calls[caller]) is null
                    && calls[caller].Outputs[0].Bytes.SequenceEqual(expected[caller]);
                Interlocked.Add(ref wrong, isRight ? 0 : 1);
            }
        });
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Of_long_runs_at_once_each_ends_when_it_is_asked_to()
    {
        const int Callers = 3;
        using OnnxSession session = OnnxSession.FromBytes(
            Chain(steps: 1000), new OnnxSessionOptions { IntraOpThreads = 2 });
        InferenceCall first = Matrix(session);
        first.Stop.Ask();
        Assert.Equal("KEDGE-SERVE-030", session.Run(first)?.Code);
        InferenceCall[] calls = [.. Enumerable.Range(0, Callers).Select(caller => Matrix(session, caller))];
        Finding?[] faults = new Finding?[Callers];
        Thread asks = new(() =>
        {
            for (int turn = 0; turn < 3; turn++)
            {
                long start = TimeProvider.System.GetTimestamp();
                SpinWait.SpinUntil(() => TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(50));
                calls[turn].Stop.Ask();
            }
        });
        asks.Start();
        AtOnce(Callers, caller => faults[caller] = session.Run(calls[caller]));
        asks.Join();
        Assert.Equal(Enumerable.Repeat("KEDGE-SERVE-030", Callers), faults.Select(fault => fault?.Code));
        AtOnce(Callers, caller =>
        {
            calls[caller].Clear();
            calls[caller].WantAll(binary: false);
            faults[caller] = session.Run(calls[caller]);
        });
        Assert.All(faults, Assert.Null);
    }

    private static void AtOnce(int count, Action<int> work)
    {
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() => work(index)))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
    }

    private static OnnxSession Open(byte[] model) =>
        OnnxSession.FromBytes(model, new OnnxSessionOptions { IntraOpThreads = 1 });

    private static byte[] Scaled(int rows) => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "scaled",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, rows, 3)],
        Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, rows, 3)],
        Initializers = [OnnxTensor.Of("two", [1], [2f])],
        Nodes = [new OnnxNodeSpec("Mul", ["x", "two"], ["y"])],
    });

    /// <summary>Many products one after the other, so that there is time between two of them.</summary>
    private static byte[] Chain(int steps) => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "chain",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 256, 256)],
        Outputs = [OnnxValue.Tensor($"t{steps}", OnnxElementType.Float, 256, 256)],
        Nodes =
        [
            new OnnxNodeSpec("Tanh", ["x"], ["t0"]),
            .. Enumerable.Range(0, steps).Select(i => new OnnxNodeSpec("MatMul", [$"t{i}", "x"], [$"t{i + 1}"])),
        ],
    });

    private static InferenceCall Matrix(OnnxSession session, int phase = 0)
    {
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        Tensor input = call.Inputs[0];
        input.Begin("x", TensorType.Float32);
        Assert.True(input.TryShape([256, 256]));
        for (int i = 0; i < input.ElementCount; i++)
        {
            input.Values<float>()[i] = MathF.Sin(i + phase) / 8;
        }

        return call;
    }

    private static InferenceCall Filled(OnnxSession session, int rows)
    {
        InferenceCall call = new(session.Signature);
        Fill(call, rows);
        return call;
    }

    private static void Fill(InferenceCall call, int rows)
    {
        call.Clear();
        call.WantAll(binary: false);
        Tensor input = call.Inputs[0];
        input.Begin("x", TensorType.Float32);
        Assert.True(input.TryShape([rows, 3]));
        for (int i = 0; i < input.ElementCount; i++)
        {
            input.Values<float>()[i] = i;
        }
    }
}
