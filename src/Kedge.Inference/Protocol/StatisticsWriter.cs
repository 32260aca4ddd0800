using System.Text.Json;
using Kedge.Inference.Statistics;

namespace Kedge.Inference.Protocol;

/// <summary>Writes the answer of Triton's statistics extension.</summary>
public static class StatisticsWriter
{
    /// <summary><c>{"model_stats": [...]}</c>.</summary>
    public static byte[] Write(IEnumerable<ModelStatistics> models) => MetadataWriter.Write(writer =>
    {
        writer.WriteStartArray("model_stats"u8);
        foreach (ModelStatistics model in models)
        {
            WriteModel(writer, model);
        }

        writer.WriteEndArray();
    });

    private static void WriteModel(Utf8JsonWriter writer, ModelStatistics model)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, model.Name);
        writer.WriteString("version"u8, model.Version);
        writer.WriteNumber("last_inference"u8, model.LastInferenceMs);
        writer.WriteNumber("inference_count"u8, model.InferenceCount);
        writer.WriteNumber("execution_count"u8, model.ExecutionCount);
        writer.WriteStartObject("inference_stats"u8);
        WriteDuration(writer, "success"u8, model.Success);
        WriteDuration(writer, "fail"u8, model.Fail);
        WriteDuration(writer, "queue"u8, model.Queue);
        WriteDuration(writer, "compute_input"u8, model.ComputeInput);
        WriteDuration(writer, "compute_infer"u8, model.ComputeInfer);
        WriteDuration(writer, "compute_output"u8, model.ComputeOutput);
        WriteDuration(writer, "cache_hit"u8, model.CacheHit);
        WriteDuration(writer, "cache_miss"u8, model.CacheMiss);
        writer.WriteEndObject();
        writer.WriteStartArray("batch_stats"u8);
        foreach (BatchStatistics batch in model.Batches)
        {
            writer.WriteStartObject();
            writer.WriteNumber("batch_size"u8, batch.Size);
            WriteDuration(writer, "compute_input"u8, batch.ComputeInput);
            WriteDuration(writer, "compute_infer"u8, batch.ComputeInfer);
            WriteDuration(writer, "compute_output"u8, batch.ComputeOutput);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteDuration(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DurationCount duration)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("count"u8, duration.Count);
        writer.WriteNumber("ns"u8, duration.Nanoseconds);
        writer.WriteEndObject();
    }
}
