using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kedge.Agent.Commands;

/// <summary>Generated JSON of the agent's own files and answers.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AgentConfig))]
[JsonSerializable(typeof(StatusDocument))]
internal sealed partial class AgentJson : JsonSerializerContext;
