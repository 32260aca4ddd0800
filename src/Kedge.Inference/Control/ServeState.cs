using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
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

    /// <summary>
    /// What tells the models of one configuration from those of another: names, versions, packages. No hash of them: in
    /// its sandbox a model server has no library for that.
    /// </summary>
    public static string ModelsOf(ServeConfig config) => string.Join(
        ' ', config.Models.Select(static model => $"{model.Name}/{model.Version}@{model.PackageDigest}"));

    /// <summary>Writes the file's content.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StateJson.Default.ServeState);

    /// <summary>Reads the file's content; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out ServeState? state)
    {
        state = null;
        try
        {
            state = json.Length > BytesMax ? null : JsonSerializer.Deserialize(json, StateJson.Default.ServeState);
        }
        catch (JsonException)
        {
            // Expected outcome: whoever wrote it died in the middle, or it is none of ours.
            return false;
        }

        return state is { Models: not null, Unloaded.IsDefault: false, ModelTraces: not null };
    }
}
