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
            json.WriteEndObject();
        }

        json.WriteEndObject();
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
            Batching = json.TryGetProperty("batching", out JsonElement batching) ? ReadBatching(batching) : null,
        };
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
        };
        ImmutableArray<int> sizes = batching.Preferred;
        Require(batching.MaxSize is >= 1 and <= BatchingSpec.RowsMax);
        Require(batching.QueueMax is >= 1 and <= BatchingSpec.QueueMaxMax);
        Require(batching.MaxDelayUs is >= 0 and <= BatchingSpec.DelayUsMax);
        Require(batching.TimeoutUs is >= 0 and <= BatchingSpec.TimeoutUsMax);
        Require(sizes.Zip(sizes.Skip(1)).All(static pair => pair.First < pair.Second));
        Require(sizes.All(size => size >= 2 && size <= batching.MaxSize));
        return batching;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException($"models.{Field} is out of its range");
        }
    }
}
