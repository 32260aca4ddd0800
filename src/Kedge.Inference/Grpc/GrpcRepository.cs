using System.Text;
using System.Text.Unicode;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Grpc;

/// <summary>Messages of Triton's model repository extension, with the meaning and the errors of REST.</summary>
public static class GrpcRepository
{
    private const int RepositoryField = 1;
    private const int SecondField = 2;
    private const int ParametersField = 3;

    /// <summary>Reads <c>RepositoryIndexRequest</c>.</summary>
    /// <param name="message">All of it.</param>
    /// <param name="onlyReady">True when only models that can be asked are wanted.</param>
    public static Finding? ReadIndex(ReadOnlySpan<byte> message, out bool onlyReady)
    {
        onlyReady = false;
        bool isNamed = false;
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            isNamed |= reader.Is(RepositoryField, WireKind.Bytes) && !reader.Bytes.IsEmpty;
            onlyReady = reader.Is(SecondField, WireKind.Varint) ? reader.Number != 0 : onlyReady;
        }

        return reader.IsBroken ? GrpcRequestReader.NoMessage() : isNamed ? Named() : null;
    }

    /// <summary>Writes <c>RepositoryIndexResponse</c>.</summary>
    public static byte[] WriteIndex(IEnumerable<RepositoryEntry> entries) => GrpcMessages.Write(writer =>
    {
        foreach (RepositoryEntry entry in entries)
        {
            writer.Bytes(1, GrpcMessages.Write(one =>
            {
                GrpcMessages.Text(one, 1, entry.Name);
                GrpcMessages.Text(one, 2, entry.Version);
                GrpcMessages.Text(one, 3, entry.State);
                GrpcMessages.Text(one, 4, entry.Reason);
            }));
        }
    });

    /// <summary>
    /// Reads <c>RepositoryModelLoadRequest</c>. A model comes from its package and from nowhere else: a request that
    /// brings files or a configuration is refused.
    /// </summary>
    /// <param name="message">All of it.</param>
    /// <param name="name">The model.</param>
    public static Finding? ReadLoad(ReadOnlySpan<byte> message, out string name)
    {
        Finding? fault = Read(message, out name, out bool hasFiles, out _);
        return fault ?? (hasFiles ? InferErrors.ParameterInvalid.At(RepositoryCodec.FilesRefused) : null);
    }

    /// <summary>Reads <c>RepositoryModelUnloadRequest</c>.</summary>
    /// <param name="message">All of it.</param>
    /// <param name="name">The model.</param>
    /// <param name="dependents">True when models that came along with this one go too.</param>
    public static Finding? ReadUnload(ReadOnlySpan<byte> message, out string name, out bool dependents) =>
        Read(message, out name, out _, out dependents);

    private static Finding? Read(ReadOnlySpan<byte> message, out string name, out bool hasFiles, out bool dependents)
    {
        (name, hasFiles, dependents) = ("", false, false);
        bool isNamed = false;
        WireReader reader = new(message);
        while (reader.TryNext())
        {
            if (reader.Kind != WireKind.Bytes)
            {
                continue;
            }

            isNamed |= reader.Field == RepositoryField && !reader.Bytes.IsEmpty;
            if (reader.Field == SecondField)
            {
                if (reader.Bytes.Length > InferenceLimits.NameBytesMax || !Utf8.IsValid(reader.Bytes))
                {
                    return InferErrors.MessageInvalid.At("'model_name' must be UTF-8 of at most 512 bytes.");
                }

                name = Encoding.UTF8.GetString(reader.Bytes);
            }
            else if (reader.Field == ParametersField)
            {
                if (!WireParameter.TryRead(reader.Bytes, out WireParameter parameter))
                {
                    return GrpcRequestReader.NoMessage();
                }

                hasFiles |= parameter.Key.SequenceEqual("config"u8) || parameter.Key.StartsWith("file:"u8);
                dependents |= parameter.Key.SequenceEqual("unload_dependents"u8) && parameter.IsTrue;
            }
        }

        return reader.IsBroken ? GrpcRequestReader.NoMessage() : isNamed ? Named() : null;
    }

    private static Finding Named() => InferErrors.RepositoryNamed.At("'repository_name' is not taken.");
}
