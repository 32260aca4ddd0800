using System.Collections.Immutable;

namespace Kedge.Conformance.Rules;

/// <summary>Every rule, in the order in which they are checked.</summary>
internal static class RuleBook
{
    /// <summary>The groups that <c>--only</c> takes.</summary>
    internal static ImmutableArray<string> Groups { get; } =
    [
        "server", "model", "infer", "fault", "values", "binary", "extension", "repository", "settings", "http", "grpc",
    ];

    /// <summary>All of them.</summary>
    internal static ImmutableArray<Rule> All { get; } =
    [
        .. ServerRules.All,
        .. ModelRules.All,
        .. InferRules.All,
        .. FaultRules.All,
        .. ValueRules.All,
        .. BinaryRules.All,
        .. ExtensionRules.All,
        .. RepositoryRules.All,
        .. SettingsRules.All,
        .. HttpRules.All,
        .. GrpcRules.All,
        .. GrpcInferRules.All,
        .. GrpcExtensionRules.All,
    ];
}
