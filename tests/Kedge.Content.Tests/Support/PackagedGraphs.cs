using Kedge.Content.Chunking;
using Kedge.Core.Models;

namespace Kedge.Content.Tests.Support;

/// <summary>Manifests with a graph.</summary>
internal static class PackagedGraphs
{
    /// <summary>A manifest with a graph, labels and a second model in every variant.</summary>
    public static PackageManifest Around(PackageManifest plain) => plain with
    {
        Labels = "labels.txt",
        Graph = new PackageGraph
        {
            Path = "graph.json",
            DecodesImages = true,
            Members =
            [
                new GraphMember { Name = "model", Inputs = plain.Inputs, Outputs = plain.Outputs },
                new GraphMember
                {
                    Name = "second", Path = "second.tflite", Inputs = plain.Inputs, Outputs = plain.Outputs,
                },
            ],
        },
        Variants =
        [
            .. plain.Variants.Select(static variant => variant with
            {
                Files =
                [
                    .. variant.Files, FileChunker.Cut("graph.json", "{}"u8), FileChunker.Cut("labels.txt", "a\nb"u8),
                    FileChunker.Cut("second.tflite", "model"u8),
                ],
            }),
        ],
    };
}
