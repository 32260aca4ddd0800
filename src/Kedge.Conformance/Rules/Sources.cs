namespace Kedge.Conformance.Rules;

/// <summary>The documents that the rules come from.</summary>
internal static class Sources
{
    /// <summary>The protocol over REST.</summary>
    internal const string Rest = "KServe open-inference-protocol, inference_rest.md, ";

    /// <summary>Its part on parameters, data and platforms.</summary>
    internal const string Required = "KServe predict protocol v2, required_api.md, ";

    /// <summary>The protocol over gRPC.</summary>
    internal const string Grpc = "KServe open-inference-protocol, open_inference_grpc.proto, ";

    /// <summary>Triton's extensions and its table of errors.</summary>
    internal const string Triton = "Triton server, docs/protocol/";
}
