using Kedge.Inference.Statistics;

namespace Kedge.Inference.Grpc;

/// <summary>Writes <c>ModelStatisticsResponse</c>: what REST tells of Triton's statistics extension.</summary>
public static class GrpcStatistics
{
    /// <summary>The message of some models.</summary>
    public static byte[] Write(IEnumerable<ModelStatistics> models) => GrpcMessages.Write(writer =>
    {
        foreach (ModelStatistics model in models)
        {
            writer.Bytes(1, Model(model));
        }
    });

    private static byte[] Model(ModelStatistics model) => GrpcMessages.Write(writer =>
    {
        GrpcMessages.Text(writer, 1, model.Name);
        GrpcMessages.Text(writer, 2, model.Version);
        writer.Number(3, (ulong)model.LastInferenceMs);
        writer.Number(4, (ulong)model.InferenceCount);
        writer.Number(5, (ulong)model.ExecutionCount);
        writer.Bytes(6, GrpcMessages.Write(sums =>
        {
            sums.Bytes(1, Duration(model.Success));
            sums.Bytes(2, Duration(model.Fail));
            sums.Bytes(3, Duration(model.Queue));
            sums.Bytes(4, Duration(model.ComputeInput));
            sums.Bytes(5, Duration(model.ComputeInfer));
            sums.Bytes(6, Duration(model.ComputeOutput));
            sums.Bytes(7, Duration(model.CacheHit));
            sums.Bytes(8, Duration(model.CacheMiss));
        }));
        foreach (BatchStatistics batch in model.Batches)
        {
            writer.Bytes(7, GrpcMessages.Write(one =>
            {
                one.Number(1, (ulong)batch.Size);
                one.Bytes(2, Duration(batch.ComputeInput));
                one.Bytes(3, Duration(batch.ComputeInfer));
                one.Bytes(4, Duration(batch.ComputeOutput));
            }));
        }
    });

    private static byte[] Duration(DurationCount duration) => GrpcMessages.Write(writer =>
    {
        writer.Number(1, (ulong)duration.Count);
        writer.Number(2, (ulong)duration.Nanoseconds);
    });
}
