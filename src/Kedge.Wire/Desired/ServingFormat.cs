using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core.Deployments;

namespace Kedge.Wire.Desired;

/// <summary>
/// How a model is run, on the wire: an object <c>serving</c> in the model, left out where all is as usual. It is part
/// of
/// the release, and critical where it is there: an agent that does not know it would run another release.
/// </summary>
internal static class ServingFormat
{
    internal const string Field = "serving";

    /// <summary>Critical where a weight is there.</summary>
    internal const string Weight = "serving.weight";

    /// <summary>Critical where levels of priority are there.</summary>
    internal const string Priorities = "serving.priorities";

    internal static void Write(Utf8JsonWriter json, ServingSpec serving)
    {
        if (serving.IsDefault)
        {
            return;
        }

        json.WriteStartObject(Field);
        json.WriteNumber("instances", serving.Instances);
        json.WriteNumber("cacheBytes", serving.CacheBytes);
        json.WriteBoolean("warmsUp", serving.WarmsUp);
        if (serving.Weight != 1)
        {
            json.WriteNumber("weight", serving.Weight);
        }

        if (serving.Batching is { } batching)
        {
            json.WriteStartObject("batching");
            json.WriteNumber("maxSize", batching.MaxSize);
            json.WriteStartArray("preferred");
            foreach (int size in batching.Preferred)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteNumber("maxDelayUs", batching.MaxDelayUs);
            json.WriteBoolean("adaptive", batching.IsAdaptive);
            json.WriteNumber("queueMax", batching.QueueMax);
            json.WriteNumber("timeoutUs", batching.TimeoutUs);
            WritePriorities(json, batching);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Left out where there is one level: a release of before keeps its digest.</summary>
    private static void WritePriorities(Utf8JsonWriter json, BatchingSpec batching)
    {
        if (batching.Priorities.IsEmpty)
        {
            return;
        }

        json.WriteNumber("defaultPriority", batching.DefaultPriority);
        json.WriteStartArray("priorities");
        foreach (PrioritySpec level in batching.Priorities)
        {
            json.WriteStartObject();
            json.WriteNumber("queueMax", level.QueueMax);
            json.WriteNumber("timeoutUs", level.TimeoutUs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Throws <see cref="FormatException"/> and what <see cref="JsonElement"/> throws.</summary>
    internal static ServingSpec Read(JsonElement model)
    {
        if (!model.TryGetProperty(Field, out JsonElement json))
        {
            return ServingSpec.Default;
        }

        ServingSpec serving = new()
        {
            Instances = json.GetProperty("instances").GetInt32(),
            CacheBytes = json.GetProperty("cacheBytes").GetInt64(),
            WarmsUp = json.GetProperty("warmsUp").GetBoolean(),
            Weight = json.TryGetProperty("weight", out JsonElement weight) ? weight.GetInt32() : 1,
            Batching = json.TryGetProperty("batching", out JsonElement batching) ? ReadBatching(batching) : null,
        };
        Require(serving.Weight is >= 1 and <= ServingSpec.WeightMax);
        Require(serving.Instances is >= 0 and <= 256 && serving.CacheBytes is >= 0 and <= 1L << 40);
        return serving;
    }

    private static BatchingSpec ReadBatching(JsonElement json)
    {
        JsonElement preferred = json.GetProperty("preferred");
        Require(preferred.GetArrayLength() <= BatchingSpec.PreferredMax);
        BatchingSpec batching = new()
        {
            MaxSize = json.GetProperty("maxSize").GetInt32(),
            Preferred = [.. preferred.EnumerateArray().Select(static size => size.GetInt32())],
            MaxDelayUs = json.GetProperty("maxDelayUs").GetInt64(),
            IsAdaptive = json.GetProperty("adaptive").GetBoolean(),
            QueueMax = json.GetProperty("queueMax").GetInt32(),
            TimeoutUs = json.GetProperty("timeoutUs").GetInt64(),
            Priorities = ReadPriorities(json),
            DefaultPriority = json.TryGetProperty("defaultPriority", out JsonElement level) ? level.GetInt32() : 0,
        };
        Require(batching.DefaultPriority >= 0 && batching.DefaultPriority <= batching.Priorities.Length);
        ImmutableArray<int> sizes = batching.Preferred;
        Require(batching.MaxSize is >= 1 and <= BatchingSpec.RowsMax);
        Require(batching.QueueMax is >= 1 and <= BatchingSpec.QueueMaxMax);
        Require(batching.MaxDelayUs is >= 0 and <= BatchingSpec.DelayUsMax);
        Require(batching.TimeoutUs is >= 0 and <= BatchingSpec.TimeoutUsMax);
        Require(sizes.Zip(sizes.Skip(1)).All(static pair => pair.First < pair.Second));
        Require(sizes.All(size => size >= 2 && size <= batching.MaxSize));
        return batching;
    }

    private static ImmutableArray<PrioritySpec> ReadPriorities(JsonElement json)
    {
        if (!json.TryGetProperty("priorities", out JsonElement levels))
        {
            return [];
        }

        Require(levels.GetArrayLength() is >= 1 and <= BatchingSpec.PrioritiesMax);
        ImmutableArray<PrioritySpec>.Builder read = ImmutableArray.CreateBuilder<PrioritySpec>();
        foreach (JsonElement level in levels.EnumerateArray())
        {
            PrioritySpec one = new(level.GetProperty("queueMax").GetInt32(), level.GetProperty("timeoutUs").GetInt64());
            Require(one.QueueMax is >= 0 and <= BatchingSpec.QueueMaxMax);
            Require(one.TimeoutUs is >= 0 and <= BatchingSpec.TimeoutUsMax);
            read.Add(one);
        }

        return read.ToImmutable();
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException($"models.{Field} is out of its range");
        }
    }
}
