using Kedge.Core;
using Kedge.Inference.Batching;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Grpc;

/// <summary>
/// Writes <c>ModelConfigResponse</c>: what <see cref="ModelConfigWriter"/> writes as JSON. Field numbers are those of
/// Triton's model_config.proto.
/// </summary>
public static class GrpcModelConfig
{
    private const int NameField = 1;
    private const int PlatformField = 2;
    private const int VersionPolicyField = 3;
    private const int MaxBatchField = 4;
    private const int InputField = 5;
    private const int OutputField = 6;
    private const int InstanceGroupField = 7;
    private const int BatchingField = 11;
    private const int BackendField = 17;
    private const int CacheField = 24;
    private const int AllVersionsField = 2;
    private const int KindCpu = 2;

    /// <summary>The message of one model.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="platform">What computes it, as in its metadata.</param>
    /// <param name="backend">The same in one word.</param>
    /// <param name="signature">What it takes and gives.</param>
    /// <param name="scheduling">How its requests wait and share.</param>
    public static byte[] Write(
        string name, string platform, string backend, ModelSignature signature, SchedulingOptions scheduling)
    {
        int rows = ModelConfigWriter.RowsMax(signature, scheduling.Batching);
        byte[] config = GrpcMessages.Write(writer =>
        {
            GrpcMessages.Text(writer, NameField, name);
            GrpcMessages.Text(writer, PlatformField, platform);
            writer.Bytes(VersionPolicyField, GrpcMessages.Write(static policy => policy.Begin(AllVersionsField, 0)));
            writer.Number(MaxBatchField, (ulong)rows);
            foreach (TensorSpec spec in signature.Inputs)
            {
                writer.Bytes(InputField, Tensor(spec, dimsField: 4, rows > 0));
            }

            foreach (TensorSpec spec in signature.Outputs)
            {
                writer.Bytes(OutputField, Tensor(spec, dimsField: 3, rows > 0));
            }

            writer.Bytes(InstanceGroupField, GrpcMessages.Write(group =>
            {
                GrpcMessages.Text(group, 1, name + "_0");
                group.Number(2, (ulong)scheduling.Instances);
                group.Number(4, KindCpu);
            }));
            if (scheduling.Batching.MaxSize > 1)
            {
                writer.Bytes(BatchingField, Batching(scheduling.Batching));
            }

            GrpcMessages.Text(writer, BackendField, backend);
            writer.Bytes(CacheField, GrpcMessages.Truth(scheduling.CacheBytes > 0));
        });
        return GrpcMessages.Write(writer => writer.Bytes(1, config));
    }

    private static byte[] Tensor(TensorSpec spec, int dimsField, bool isBatched) => GrpcMessages.Write(writer =>
    {
        GrpcMessages.Text(writer, 1, spec.Name);
        writer.Number(2, DataType(spec.Type));
        GrpcMessages.Packed(writer, dimsField, isBatched ? spec.Shape.AsSpan()[1..] : spec.Shape.AsSpan());
    });

    private static byte[] Batching(BatchingOptions batching) => GrpcMessages.Write(writer =>
    {
        long[] preferred = new long[batching.Preferred.Length];
        for (int i = 0; i < preferred.Length; i++)
        {
            preferred[i] = batching.Preferred[i];
        }

        GrpcMessages.Packed(writer, 1, preferred);
        writer.Number(2, (ulong)batching.MaxDelayUs);
        writer.Number(4, (ulong)batching.Priorities.Length);
        writer.Number(5, (ulong)batching.DefaultPriority);
        writer.Bytes(6, GrpcMessages.Write(policy =>
        {
            // Rejecting who waited too long is 0, which is left out.
            policy.Number(2, (ulong)batching.TimeoutUs);
            policy.Number(3, 1);
            policy.Number(4, (ulong)batching.QueueMax);
        }));
    });

    /// <summary>Triton's enum of element types.</summary>
    private static ulong DataType(TensorType type) => type switch
    {
        TensorType.Bool => 1,
        TensorType.UInt8 => 2,
        TensorType.UInt16 => 3,
        TensorType.UInt32 => 4,
        TensorType.UInt64 => 5,
        TensorType.Int8 => 6,
        TensorType.Int16 => 7,
        TensorType.Int32 => 8,
        TensorType.Int64 => 9,
        TensorType.Float16 => 10,
        TensorType.Float32 => 11,
        TensorType.Float64 => 12,
        TensorType.Bytes => 13,
        TensorType.BFloat16 => 14,
        TensorType.Unknown => throw Check.Unreachable(type),
    };
}
