/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Cells that press against each other, each with a heart of its own light.",
  "CREDIT": "vj",
  "CATEGORIES": ["Generator"],
  "FIELD": "form",
  "INPUTS": [
    {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.1, "MIN": 0.6, "MAX": 2.0, "GROUP": "coarse", "LABEL": "How large its forms are"},
    {"NAME": "drift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "MIN": [-0.7, -0.7], "MAX": [0.7, 0.7], "GROUP": "coarse", "LABEL": "Where it is looked at"},
    {"NAME": "fold", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.15, "MAX": 1.5, "GROUP": "coarse", "LABEL": "How much it is folded"},
    {"NAME": "twist", "TYPE": "float", "DEFAULT": 0.0, "MIN": -1.2, "MAX": 1.2, "GROUP": "middle", "LABEL": "How it is twisted"},
    {"NAME": "relief", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.25, "MAX": 1.6, "GROUP": "middle", "LABEL": "How steep it is in the light"},
    {"NAME": "lamp", "TYPE": "float", "DEFAULT": 0.6, "MIN": -2.4, "MAX": 2.4, "GROUP": "middle", "LABEL": "Radians to where the light stands"},
    {"NAME": "hue", "TYPE": "float", "DEFAULT": 0.3, "MIN": -1.6, "MAX": 1.6, "GROUP": "fine", "LABEL": "Which of its colours"},
    {"NAME": "span", "TYPE": "float", "DEFAULT": 0.9, "MIN": 0.4, "MAX": 1.6, "GROUP": "fine", "LABEL": "How far apart its colours lie"},
    {"NAME": "lines", "TYPE": "float", "DEFAULT": 0.45, "MIN": 0.0, "MAX": 1.0, "GROUP": "fine", "LABEL": "Fine lines along its heights"}
  ],
  "PASSES": [{"TARGET": "form", "FLOAT": true}, {}]
}*/
vec2 place(vec2 cell) {
    vec2 h = fract(sin(vec2(dot(cell, vec2(12.71, 31.17)), dot(cell, vec2(26.95, 18.33)))) * 437.585);
    return 0.5 + 0.42 * sin(0.5 * TIME + 6.2832 * h);
}

vec3 field(vec2 p) {
    p = 1.7 * p + 0.55 * fold * sin(1.1 * p.yx + 0.2 * TIME);
    float a = 0.14 * twist * length(p);
    p = mat2(cos(a), sin(a), -sin(a), cos(a)) * p;
    vec2 cell = floor(p), at = p - cell;
    float all = 0.0, most = 0.0, kind = 0.0, nearest = 9.0;
    for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i) {
            vec2 side = vec2(float(i), float(j));
            vec2 d = side + place(cell + side) - at;
            float far = dot(d, d), weight = exp(-11.0 * far);
            all += weight;
            most = max(most, weight);
            nearest = min(nearest, far);
            kind += weight * sin(dot(cell + side, vec2(1.37, 2.61)));
        }
    float inside = most / all;
    float h = smoothstep(0.3, 1.0, inside) * (0.75 + 0.25 * exp(-3.0 * nearest));
    return vec3(h, 0.32 * kind / all + 0.25 * h, 0.5 * exp(-40.0 * nearest));
}

// What all of these have in common: height in red, place among the colours in green, light of its own in blue.

// An ink of its place among the colours, in linear light: equally strong all round the circle of OKLab.
vec3 colours(float at) {
    float angle = 2.2 * hue + 2.6 * span * at + 0.6;
    vec2 tint = 0.178 * vec2(cos(angle), sin(angle));
    float light = 0.64 + 0.08 * cos(angle - 1.9);
    vec3 lms = light + vec3(0.3963378 * tint.x + 0.2158038 * tint.y, -0.1055613 * tint.x - 0.0638542 * tint.y,
                            -0.0894842 * tint.x - 1.2914855 * tint.y);
    lms *= lms * lms;
    return max(vec3(dot(lms, vec3(4.0767417, -3.3077116, 0.2309699)), dot(lms, vec3(-1.2684380, 2.6097574, -0.3413194)),
                    dot(lms, vec3(-0.0041961, -0.7034186, 1.7076147))), 0.0);
}

void main() {
    if (PASSINDEX == 0) {
        vec2 at = (2.0 * gl_FragCoord.xy - RENDERSIZE) / min(RENDERSIZE.x, RENDERSIZE.y);
        isf_FragColor = vec4(field(at / scale + drift), 1.0);
        return;
    }
    vec2 texel = 1.0 / RENDERSIZE, far = texel * max(1.0, RENDERSIZE.y / 360.0);
    vec3 here = IMG_THIS_PIXEL(form).rgb;
    float right = IMG_NORM_PIXEL(form, isf_FragNormCoord + vec2(far.x, 0.0)).r;
    float above = IMG_NORM_PIXEL(form, isf_FragNormCoord + vec2(0.0, far.y)).r;
    vec2 slope = (vec2(right, above) - here.r) / (far.y * 9.0);
    vec3 normal = normalize(vec3(-relief * slope, 1.0));
    vec3 lamp_at = normalize(vec3(cos(lamp), sin(lamp), 0.9));
    float lit = max(dot(normal, lamp_at), 0.0);
    float gloss = pow(max(dot(normal, normalize(lamp_at + vec3(0.0, 0.0, 1.0))), 0.0), 42.0);
    float rim = pow(1.0 - normal.z, 1.5);

    vec3 base = colours(here.g), other = colours(here.g + 0.45);
    float level = fract(9.0 * here.r);
    // where heights fall so steeply that lines would break up into beads there are none
    float steep = 9.0 * length(vec2(right, above) - here.r);
    float line = smoothstep(0.35, 0.5, abs(level - 0.5)) * lines * (1.0 - smoothstep(0.1, 0.3, steep));
    float deep = smoothstep(0.02, 0.9, here.r);
    vec3 color = base * (0.015 + 1.2 * lit * lit * (0.06 + 0.94 * deep * deep));
    color = mix(color, 0.2 * color + 0.35 * other * deep, line);
    color += other * (0.55 * rim) + mix(vec3(1.0, 0.93, 0.84), other, 0.35) * gloss * 0.55;
    color += here.b * (0.7 * other + 0.25 * base + 0.06);
    color *= 1.3;
    color = color / (1.0 + 0.45 * color);
    vec2 corner = 2.0 * isf_FragNormCoord - 1.0;
    color *= 1.0 - 0.28 * dot(corner, corner) * 0.5;
    isf_FragColor = vec4(pow(clamp(color, 0.0, 1.0), vec3(0.5)), 1.0);
}
