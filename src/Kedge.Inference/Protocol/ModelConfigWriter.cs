using System.Text.Json;
using Kedge.Inference.Batching;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Writes a model's configuration as Triton's model configuration extension has it. With a <c>max_batch_size</c> above
/// 0 the axis of the batch is left out of the dims, as Triton does.
/// </summary>
public static class ModelConfigWriter
{
    /// <summary>
    /// What is told for a model that takes any number of rows at once: the protocol has no word for "any".
    /// </summary>
    public const int AnyBatchMax = BatchLimits.RowsMax;

    /// <summary>The JSON of one model.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="platform">What computes it, as in its metadata.</param>
    /// <param name="backend">The same in one word.</param>
    /// <param name="signature">What it takes and gives.</param>
    /// <param name="scheduling">How its requests wait and share.</param>
    public static byte[] Write(
        string name, string platform, string backend, ModelSignature signature, SchedulingOptions scheduling) =>
        MetadataWriter.Write(writer =>
    {
        BatchingOptions batching = scheduling.Batching;
        int rows = RowsMax(signature, batching);
        writer.WriteString("name"u8, name);
        writer.WriteString("platform"u8, platform);
        writer.WriteString("backend"u8, backend);
        writer.WriteStartObject("version_policy"u8);
        writer.WriteStartObject("all"u8);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteNumber("max_batch_size"u8, rows);
        writer.WriteStartArray("input"u8);
        foreach (TensorSpec spec in signature.Inputs)
        {
            WriteInput(writer, spec, rows > 0);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("output"u8);
        foreach (TensorSpec spec in signature.Outputs)
        {
            WriteOutput(writer, spec, rows > 0);
        }

        writer.WriteEndArray();
        WriteInstances(writer, name, scheduling.Instances);
        if (batching.MaxSize > 1)
        {
            WriteBatching(writer, batching);
        }

        WriteRest(writer, scheduling);
    });

    /// <summary><c>max_batch_size</c>: 0 for a model whose tensors do not begin with an axis of any size.</summary>
    internal static int RowsMax(ModelSignature signature, BatchingOptions batching) =>
        !signature.IsBatchable ? 0 : batching.MaxSize > 1 ? batching.MaxSize : AnyBatchMax;

    private static void WriteInput(Utf8JsonWriter writer, TensorSpec spec, bool isBatched)
    {
        WriteTensor(writer, spec, isBatched);
        writer.WriteString("format"u8, "FORMAT_NONE"u8);
        writer.WriteBoolean("is_shape_tensor"u8, false);
        writer.WriteBoolean("allow_ragged_batch"u8, false);
        writer.WriteBoolean("optional"u8, false);
        writer.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter writer, TensorSpec spec, bool isBatched)
    {
        WriteTensor(writer, spec, isBatched);
        writer.WriteString("label_filename"u8, ""u8);
        writer.WriteBoolean("is_shape_tensor"u8, false);
        writer.WriteEndObject();
    }

    private static void WriteTensor(Utf8JsonWriter writer, TensorSpec spec, bool isBatched)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, spec.Name);
        writer.WriteString("data_type"u8, TypeName(spec.Type));
        writer.WriteStartArray("dims"u8);
        foreach (long dimension in isBatched ? spec.Shape.AsSpan()[1..] : spec.Shape.AsSpan())
        {
            writer.WriteNumberValue(dimension);
        }

        writer.WriteEndArray();
    }

    // Triton calls texts STRING here, and BYTES everywhere else.
    private static string TypeName(TensorType type) =>
        type == TensorType.Bytes ? "TYPE_STRING" : "TYPE_" + TensorTypes.Name(type);

    private static void WriteInstances(Utf8JsonWriter writer, string name, int count)
    {
        writer.WriteStartArray("instance_group"u8);
        writer.WriteStartObject();
        writer.WriteString("name"u8, name + "_0");
        writer.WriteString("kind"u8, "KIND_CPU"u8);
        writer.WriteNumber("count"u8, count);
        writer.WriteStartArray("gpus"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteBatching(Utf8JsonWriter writer, BatchingOptions batching)
    {
        writer.WriteStartObject("dynamic_batching"u8);
        writer.WriteStartArray("preferred_batch_size"u8);
        foreach (int size in batching.Preferred)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
        writer.WriteNumber("max_queue_delay_microseconds"u8, batching.MaxDelayUs);
        writer.WriteBoolean("preserve_ordering"u8, false);
        writer.WriteNumber("priority_levels"u8, batching.Priorities.Length);
        writer.WriteNumber("default_priority_level"u8, batching.DefaultPriority);
        writer.WriteStartObject("default_queue_policy"u8);
        writer.WriteString("timeout_action"u8, "REJECT"u8);
        writer.WriteNumber("default_timeout_microseconds"u8, batching.TimeoutUs);
        writer.WriteBoolean("allow_timeout_override"u8, true);
        writer.WriteNumber("max_queue_size"u8, batching.QueueMax);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteRest(Utf8JsonWriter writer, SchedulingOptions scheduling)
    {
        writer.WriteStartObject("parameters"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("model_warmup"u8);
        writer.WriteEndArray();
        writer.WriteStartObject("response_cache"u8);
        writer.WriteBoolean("enable"u8, scheduling.CacheBytes > 0);
        writer.WriteEndObject();
    }
}
