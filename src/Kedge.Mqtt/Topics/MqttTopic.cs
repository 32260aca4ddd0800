using System.Text;

namespace Kedge.Mqtt.Topics;

/// <summary>Topic names and topic filters: what is valid, and what matches what (MQTT 5.0 §4.7).</summary>
public static class MqttTopic
{
    /// <summary>Longest topic name or filter, bytes of UTF-8.</summary>
    public const int TextBytesMax = 65_535;

    private const string SharedPrefix = "$share/";

    /// <summary>True for a topic name: 1..65,535 bytes, no wildcard, no U+0000.</summary>
    public static bool IsName(ReadOnlySpan<char> topic) => IsText(topic) && topic.IndexOfAny('+', '#') < 0;

    /// <summary>True for a topic filter: wildcards fill whole levels, <c>#</c> only the last.</summary>
    public static bool IsFilter(ReadOnlySpan<char> filter)
    {
        if (!IsText(filter))
        {
            return false;
        }

        for (int index = 0; index < filter.Length; index++)
        {
            if (filter[index] is not ('+' or '#'))
            {
                continue;
            }

            bool opensLevel = index == 0 || filter[index - 1] == '/';
            bool endsFilter = index == filter.Length - 1;
            bool closesLevel = endsFilter || (filter[index] == '+' && filter[index + 1] == '/');
            if (!opensLevel || !closesLevel)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when a filter holds a wildcard.</summary>
    public static bool HasWildcard(ReadOnlySpan<char> filter) => filter.IndexOfAny('+', '#') >= 0;

    /// <summary>True when a filter asks for a shared subscription, well formed or not.</summary>
    public static bool IsShared(ReadOnlySpan<char> filter) => filter.StartsWith(SharedPrefix, StringComparison.Ordinal);

    /// <summary>True when a valid filter matches a valid topic name.</summary>
    public static bool Matches(ReadOnlySpan<char> filter, ReadOnlySpan<char> topic)
    {
        if (topic[0] == '$' && (filter[0] is '+' or '#'))
        {
            return false;
        }

        while (true)
        {
            ReadOnlySpan<char> want = Level(filter, out ReadOnlySpan<char> filterRest, out bool filterEnds);
            if (want is "#")
            {
                return true;
            }

            ReadOnlySpan<char> have = Level(topic, out ReadOnlySpan<char> topicRest, out bool topicEnds);
            if (want is not "+" && !want.SequenceEqual(have))
            {
                return false;
            }

            if (topicEnds)
            {
                // "a/#" matches "a" too: the wildcard includes the parent.
                return filterEnds || filterRest is "#";
            }

            if (filterEnds)
            {
                return false;
            }

            filter = filterRest;
            topic = topicRest;
        }
    }

    internal static ReadOnlySpan<char> Level(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest, out bool ends)
    {
        int slash = text.IndexOf('/');
        ends = slash < 0;
        rest = ends ? default : text[(slash + 1)..];
        return ends ? text : text[..slash];
    }

    private static bool IsText(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Length > TextBytesMax || text.Contains('\0'))
        {
            return false;
        }

        // Three bytes a character at most: only long texts need counting.
        return text.Length * 3 <= TextBytesMax || Encoding.UTF8.GetByteCount(text) <= TextBytesMax;
    }
}
