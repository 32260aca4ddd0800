using Kedge.Core;
using Kedge.Inference.Batching;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Batching;

public sealed class JoinedCallTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Together_each_gets_what_it_gets_alone(ulong seed)
    {
        Rng rng = new(seed);
        using IInferenceSession session = TinyModels.NativeAddSub();
        JoinedCall joined = new(session.Signature);
        for (int round = 0; round < 20; round++)
        {
            Batch batch = Take([.. Enumerable.Range(0, 2 + rng.Below(5)).Select(_ => AddSub(rng))]);
            Assert.True(joined.TryGather(batch));
            Assert.Null(session.Run(joined.Call));
            Assert.True(joined.TryScatter(batch));
            foreach (QueueEntry entry in batch.Members)
            {
                Tensor[] found = [.. entry.Call.Outputs.Select(Copy)];
                Assert.Null(session.Run(entry.Call));
                foreach (int output in entry.Call.Wanted)
                {
                    Assert.True(entry.Call.Outputs[output].Shape.SequenceEqual(found[output].Shape));
                    Assert.True(entry.Call.Outputs[output].Bytes.SequenceEqual(found[output].Bytes));
                    Assert.Equal(entry.Call.Outputs[output].Name, found[output].Name);
                }
            }
        }
    }

    [Fact]
    public void Texts_are_laid_together_and_taken_apart()
    {
        using IInferenceSession session = TinyModels.MemoryIdentity(TensorType.Bytes);
        string[][] texts = [["a", ""], ["bcd"], ["ef", "g", "h"]];
        Batch batch = Take([.. texts.Select(t =>
        {
            InferenceCall call = new(session.Signature);
            call.Inputs[0].CopyFrom(Tensor.OfText("x", [t.Length], t));
            call.WantAll(binary: false);
            return new QueueEntry(call, call);
        })]);
        JoinedCall joined = new(session.Signature);
        Assert.True(joined.TryGather(batch));
        Assert.Null(session.Run(joined.Call));
        Assert.True(joined.TryScatter(batch));
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Equal(texts[i].Length, batch[i].Call.Outputs[0].TextCount);
            for (int j = 0; j < texts[i].Length; j++)
            {
                Assert.True(
                    batch[i].Call.Outputs[0].Text(j).SequenceEqual(System.Text.Encoding.UTF8.GetBytes(texts[i][j])));
            }
        }
    }

    [Fact]
    public void An_output_without_a_row_for_each_row_cannot_be_taken_apart()
    {
        ModelSignature signature = Entries.Signature;
        using InMemorySession session = new(signature, static call =>
        {
            call.Outputs[0].Begin("y", TensorType.Float32);
            return call.Outputs[0].TryShape([1, 1]) ? null : "No.";
        });
        Batch batch = Take([Entries.Of(), Entries.Of()]);
        JoinedCall joined = new(signature);
        Assert.True(joined.TryGather(batch));
        Assert.Null(session.Run(joined.Call));
        Assert.False(joined.TryScatter(batch));
    }

    [Fact]
    public void Only_a_model_whose_tensors_all_begin_with_an_axis_of_any_size_is_batched()
    {
        Assert.Null(JoinedCall.WhyNever(TinyModels.AddSubSignature));
        TensorSpec good = new("x", TensorType.Float32, [-1, 3]);
        Assert.Contains("'y'", JoinedCall.WhyNever(new([good], [new("y", TensorType.Float32, [1, 3])]))!.Message,
            StringComparison.Ordinal);
        Assert.NotNull(JoinedCall.WhyNever(new([good], [new("y", TensorType.Float32, [])])));
        Assert.NotNull(JoinedCall.WhyNever(new([good], [new("y", TensorType.Float32, [-1], HasShape: false)])));
        Assert.NotNull(JoinedCall.WhyNever(new([], [good])));
    }

    private static QueueEntry AddSub(Rng rng)
    {
        InferenceCall call = new(TinyModels.AddSubSignature);
        int rows = 1 + rng.Below(3);
        for (int i = 0; i < 2; i++)
        {
            call.Inputs[i].Begin(TinyModels.AddSubSignature.Inputs[i].Name, TensorType.Int32);
            Assert.True(call.Inputs[i].TryShape([rows, 16]));
            foreach (ref int value in call.Inputs[i].Values<int>())
            {
                value = rng.Below(1000);
            }
        }

        int wanted = rng.Below(3);
        if (wanted != 1)
        {
            call.TryWant(1, binary: false);
        }

        if (wanted != 0)
        {
            call.TryWant(0, binary: false);
        }

        return new QueueEntry(call, call);
    }

    /// <summary>A batch of these, as a queue makes it.</summary>
    private static Batch Take(QueueEntry[] entries)
    {
        ModelQueue queue = Entries.Queue(new BatchingOptions { MaxSize = 64 });
        SlotMachine machine = Entries.Busy(queue, default);
        Assert.All(entries, e => Assert.Equal(QueueVerdict.Waits, machine.Arrive(queue, e, default)));
        machine.Finish(queue, 1, 1, default, default);
        Batch? batch = Entries.Next(machine, default);
        Assert.Equal(entries.Length, batch?.Count);
        return batch!;
    }

    private static Tensor Copy(Tensor tensor)
    {
        Tensor copy = new();
        if (tensor.Type != TensorType.Unknown)
        {
            copy.CopyFrom(tensor);
        }

        return copy;
    }
}
