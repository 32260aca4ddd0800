using System.Collections.Immutable;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>Reads what a manifest says of its graph.</summary>
internal static class PackageGraphReader
{
    private const int MediaTypeCharsMax = 128;

    public static bool TryRead(ref JsonCursor cursor, out PackageGraph? graph)
    {
        graph = null;
        if (cursor.IsNull)
        {
            return true;
        }

        string path = "", mediaType = "";
        bool decodesImages = false;
        ImmutableArray<GraphMember> members = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "path" => cursor.TryText(ModelLimits.PathCharsMax, out path),
                "mediaType" => cursor.TryText(MediaTypeCharsMax, out mediaType),
                "decodesImages" => cursor.TryFlag(out decodesImages),
                "members" => JsonLists.TryItems(ref cursor, ModelLimits.GraphMembersMax, TryMember, out members),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        graph = new PackageGraph
        {
            Path = path, MediaType = mediaType, DecodesImages = decodesImages, Members = members,
        };
        return cursor.Failure is null;
    }

    private static bool TryMember(ref JsonCursor cursor, out GraphMember? member)
    {
        member = null;
        string name = "", path = "";
        ImmutableArray<TensorDeclaration> inputs = [];
        ImmutableArray<TensorDeclaration> outputs = [];
        if (!cursor.TryObject())
        {
            return false;
        }

        while (cursor.TryField(out string field))
        {
            bool read = field switch
            {
                "name" => cursor.TryText(ModelLimits.GraphNameCharsMax, out name),
                "path" => cursor.TryText(ModelLimits.PathCharsMax, out path),
                "inputs" => PackageReader.TryTensors(ref cursor, out inputs),
                "outputs" => PackageReader.TryTensors(ref cursor, out outputs),
                _ => cursor.TrySkip(),
            };
            if (!read)
            {
                return false;
            }
        }

        member = new GraphMember { Name = name, Path = path, Inputs = inputs, Outputs = outputs };
        return cursor.Failure is null;
    }
}
