using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>What every driver of <see cref="IInferenceSession"/> does.</summary>
public abstract class SessionConformance
{
    public static TheoryData<TensorType> Types => [.. TensorTypes.All];

    protected abstract IInferenceSession AddSub();

    protected abstract IInferenceSession Identity(TensorType type);

    /// <summary>False for a type that the runtime does not have: it then loads no model of it.</summary>
    protected virtual bool Carries(TensorType type) => true;

    [Fact]
    public void The_signature_is_what_the_model_declares()
    {
        using IInferenceSession session = AddSub();
        Assert.Equal(["INPUT0", "INPUT1"], session.Signature.Inputs.Select(i => i.Name));
        Assert.Equal(["OUTPUT0", "OUTPUT1"], session.Signature.Outputs.Select(o => o.Name));
        Assert.All(session.Signature.Inputs, i => Assert.Equal([-1L, 16], i.Shape.ToArray()));
        Assert.All(session.Signature.Inputs, i => Assert.Equal(TensorType.Int32, i.Type));
    }

    [Fact]
    public void It_computes_what_is_wanted_and_nothing_else()
    {
        using IInferenceSession session = AddSub();
        InferenceCall call = new(session.Signature);
        Fill(call.Inputs[0], "INPUT0", [2, 16], i => i);
        Fill(call.Inputs[1], "INPUT1", [2, 16], i => 1000);
        Assert.True(call.TryWant(1, binary: false));
        Assert.Null(session.Run(call));
        Assert.Equal("OUTPUT1", call.Outputs[1].Name);
        Assert.Equal([2L, 16], call.Outputs[1].Shape.ToArray());
        Assert.Equal(Enumerable.Range(0, 32).Select(i => i - 1000), call.Outputs[1].Values<int>().ToArray());
        Assert.Equal("", call.Outputs[0].Name);
    }

    [Fact]
    public void One_call_serves_again_with_another_shape()
    {
        using IInferenceSession session = AddSub();
        InferenceCall call = new(session.Signature);
        foreach (int rows in new[] { 1, 50, 0, 3 })
        {
            call.Clear();
            call.WantAll(binary: false);
            Fill(call.Inputs[0], "INPUT0", [rows, 16], i => i);
            Fill(call.Inputs[1], "INPUT1", [rows, 16], i => i);
            Assert.Null(session.Run(call));
            Assert.Equal(Enumerable.Range(0, rows * 16).Select(i => 2 * i), call.Outputs[0].Values<int>().ToArray());
            Assert.Equal([rows, 16L], call.Outputs[0].Shape.ToArray());
        }
    }

    [Fact]
    public void Shapes_that_disagree_with_each_other_are_an_answer_and_the_session_goes_on()
    {
        using IInferenceSession session = AddSub();
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        Fill(call.Inputs[0], "INPUT0", [2, 16], i => i);
        Fill(call.Inputs[1], "INPUT1", [3, 16], i => i);
        Finding? fault = session.Run(call);
        Assert.NotNull(fault);
        Assert.StartsWith("KEDGE-INFER-", fault.Code);
        Fill(call.Inputs[1], "INPUT1", [2, 16], i => i);
        Assert.Null(session.Run(call));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_goes_in_and_comes_out_bit_by_bit(TensorType type)
    {
        if (!Carries(type))
        {
            Assert.StartsWith("KEDGE-", Assert.Throws<KedgeException>(() => Identity(type)).Finding.Code);
            return;
        }

        using IInferenceSession session = Identity(type);
        Assert.Equal(type, session.Signature.Inputs[0].Type);
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        Tensor input = call.Inputs[0];
        input.Begin("x", type);
        Assert.True(input.TryShape([5]));
        if (type == TensorType.Bytes)
        {
            foreach (string text in new[] { "", "a", "ümlaut", "with\0zero", new string('x', 1000) })
            {
                input.AppendText(Encoding.UTF8.GetBytes(text));
            }
        }
        else
        {
            for (int i = 0; i < input.Bytes.Length; i++)
            {
                input.Bytes[i] = type == TensorType.Bool ? (byte)(i % 2) : (byte)(i * 37);
            }
        }

        Assert.Null(session.Run(call));
        Assert.Equal(type, call.Outputs[0].Type);
        Assert.Equal(input.Bytes.ToArray(), call.Outputs[0].Bytes.ToArray());
        Assert.Equal(input.TextCount, call.Outputs[0].TextCount);
        for (int i = 0; i < input.TextCount; i++)
        {
            Assert.Equal(input.Text(i).ToArray(), call.Outputs[0].Text(i).ToArray());
        }
    }

    [Fact]
    public void Several_threads_run_it_at_once()
    {
        using IInferenceSession session = AddSub();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            InferenceCall call = new(session.Signature);
            for (int round = 0; round < 200; round++)
            {
                call.Clear();
                call.WantAll(binary: false);
                Fill(call.Inputs[0], "INPUT0", [1, 16], i => i * thread);
                Fill(call.Inputs[1], "INPUT1", [1, 16], i => round);
                Assert.Null(session.Run(call));
                Assert.Equal((15 * thread) + round, call.Outputs[0].Values<int>()[15]);
            }
        });
    }

    [Fact]
    public void What_was_ended_before_it_began_does_not_run()
    {
        using IInferenceSession session = AddSub();
        InferenceCall call = TinyModels.AddSubCall(session.Signature);
        call.Stop.Ask();
        Assert.Equal("KEDGE-SERVE-030", session.Run(call)?.Code);
        Assert.Equal("KEDGE-SERVE-030", session.Run(call)?.Code);
        call.Stop.Clear();
        Assert.Null(session.Run(call));
        Assert.Equal(2, call.Outputs[0].Values<int>()[1]);
    }

    [Fact]
    public void A_run_allocates_no_managed_memory_once_it_is_warm()
    {
        using IInferenceSession session = AddSub();
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        Fill(call.Inputs[0], "INPUT0", [1, 16], i => i);
        Fill(call.Inputs[1], "INPUT1", [1, 16], i => i);
        for (int i = 0; i < 100; i++)
        {
            Assert.Null(session.Run(call));
        }

        // The runtime itself allocates once in a while, as when it compiles a method anew: what a run needs comes each
        // time.
        long least = Enumerable.Range(0, 3).Min(_ => Allocated(session, call));
        Assert.InRange(least, 0, 1000);
    }

    /// <summary>Bytes that a thousand runs allocate.</summary>
    private static long Allocated(IInferenceSession session, InferenceCall call)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            session.Run(call);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Fill(Tensor tensor, string name, long[] shape, Func<int, int> value)
    {
        tensor.Begin(name, TensorType.Int32);
        Assert.True(tensor.TryShape(shape));
        for (int i = 0; i < tensor.ElementCount; i++)
        {
            tensor.Values<int>()[i] = value(i);
        }
    }
}

public sealed class OnnxSessionConformance : SessionConformance
{
    protected override IInferenceSession AddSub() => TinyModels.NativeAddSub();

    protected override IInferenceSession Identity(TensorType type) => TinyModels.NativeIdentity(type);
}

public sealed class TfLiteSessionConformance : SessionConformance
{
    protected override IInferenceSession AddSub() => TinyTfLite.NativeAddSub();

    protected override IInferenceSession Identity(TensorType type) => TinyTfLite.NativeIdentity(type);

    protected override bool Carries(TensorType type) => type != TensorType.BFloat16;
}

public sealed class InMemorySessionConformance : SessionConformance
{
    protected override IInferenceSession AddSub() => TinyModels.MemoryAddSub();

    protected override IInferenceSession Identity(TensorType type) => TinyModels.MemoryIdentity(type);
}
