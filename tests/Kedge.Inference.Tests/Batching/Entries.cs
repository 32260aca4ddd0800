using Kedge.Inference.Batching;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Batching;

/// <summary>Requests for queues, of a model with one input of any two axes.</summary>
internal static class Entries
{
    public static ModelSignature Signature { get; } = new(
        [new("x", TensorType.Float32, [-1, -1])], [new("y", TensorType.Float32, [-1, -1])]);

    public static QueueEntry Of(int rows = 1, int columns = 2, int priority = 0, TimeSpan timeout = default)
    {
        InferenceCall call = new(Signature);
        call.Inputs[0].Begin("x", TensorType.Float32);
        Assert.True(call.Inputs[0].TryShape([rows, columns]));
        call.WantAll(binary: false);
        return new QueueEntry(call, call) { Priority = priority, Timeout = timeout };
    }

    public static TimeSpan Us(double microseconds) => TimeSpan.FromMicroseconds(microseconds);

    public static ModelQueue Queue(BatchingOptions batching, int instances = 1, int weight = 1) =>
        new(new SchedulingOptions { Batching = batching, Weight = weight }, instances, canBatch: true);

    /// <summary>A machine with one slot, and a first request that holds it.</summary>
    public static SlotMachine Busy(ModelQueue queue, TimeSpan now)
    {
        SlotMachine machine = new(1);
        machine.Add(queue);
        Assert.Equal(QueueVerdict.Runs, machine.Arrive(queue, Of(), now));
        return machine;
    }

    public static Batch? Next(SlotMachine machine, TimeSpan now)
    {
        Batch batch = new();
        return machine.TryStart(now, batch) ? batch : null;
    }
}
