using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kedge.Inference.Control;

/// <summary>
/// What a model server was told since it began to serve, beyond its configuration: kept in a file, so that whoever
/// takes
/// its place after it died serves the same. It counts only for a server of the same models.
/// </summary>
public sealed record ServeState
{
    /// <summary>Longest file that is read, in bytes: names of all models and their settings stay far below.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>For which models: <see cref="ModelsOf"/>.</summary>
    public required string Models { get; init; }

    /// <summary>Names of models that were unloaded by request.</summary>
    public ImmutableArray<string> Unloaded { get; set; } = [];

    /// <summary>Trace settings for all models, as the protocol has them; null for those of the start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Trace { get; set; }

    /// <summary>Trace settings of models that have their own, by name.</summary>
    public Dictionary<string, JsonElement> ModelTraces { get; set; } = [];

    /// <summary>Settings of the log, as the protocol has them; null for those of the start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Logging { get; set; }

    /// <summary>What tells the models of one configuration from those of another: names, versions, packages.</summary>
    public static string ModelsOf(ServeConfig config)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ServeModel model in config.Models)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{model.Name}/{model.Version}@{model.PackageDigest}\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Writes the file's content.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.ServeState);

    /// <summary>Reads the file's content; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out ServeState? state)
    {
        state = null;
        try
        {
            state = json.Length > BytesMax ? null : JsonSerializer.Deserialize(json, ControlJson.Default.ServeState);
        }
        catch (JsonException)
        {
            // Expected outcome: whoever wrote it died in the middle, or it is none of ours.
            return false;
        }

        return state is { Models: not null, Unloaded.IsDefault: false, ModelTraces: not null };
    }
}
