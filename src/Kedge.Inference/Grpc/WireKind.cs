namespace Kedge.Inference.Grpc;

/// <summary>How the value of a protobuf field lies on the wire (Protocol Buffers, Encoding).</summary>
internal enum WireKind
{
    /// <summary>A number of 1..10 bytes, seven bits each, lowest first.</summary>
    Varint = 0,

    /// <summary>Eight bytes, little-endian.</summary>
    Fixed64 = 1,

    /// <summary>A length and as many bytes.</summary>
    Bytes = 2,

    /// <summary>Four bytes, little-endian.</summary>
    Fixed32 = 5,
}
